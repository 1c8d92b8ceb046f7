import type { Field } from '@/api/bundle'
import type { Option } from '@/api/definitions.gen'
import { titleOf } from '@/lib/texts'

/** What a select offers; the options of a list stand at its elements. */
export function optionsOf(field: Field): Option[] {
  return field.oneOf ?? field.items?.oneOf ?? []
}

/** The title of an option in the reader's language; its name where it has gone. */
export function optionTitle(field: Field, name: string): string {
  const option = optionsOf(field).find((each) => each.const === name)
  return option ? titleOf({ ...option, name: option.const }) : name
}

/** The options as a control takes them: what is switched off is offered only while it is the value. */
export function choicesOf(
  field: Field,
  chosen: readonly string[],
): { value: string; label: string }[] {
  return optionsOf(field)
    .filter((option) => !option['x-disabled'] || chosen.includes(option.const))
    .map((option) => ({ value: option.const, label: optionTitle(field, option.const) }))
}
