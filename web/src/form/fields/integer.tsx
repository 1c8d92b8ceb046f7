import { grouped, normalized } from '@/lib/decimal'
import type { EditorProps, FieldKind } from './kind'
import { TextInput } from './text-input'

/** A whole number goes over the wire as a number; anything else as it was typed, for the engine to refuse. */
function readInteger(typed: string): string | number {
  const text = normalized(typed)
  const number = Number(text)
  return /^-?\d+$/.test(text) && Number.isSafeInteger(number) ? number : text
}

function IntegerInput(props: EditorProps) {
  return (
    <TextInput {...props} inputMode="numeric" read={readInteger} suffix={props.field['x-unit']} />
  )
}

/** A whole number. */
export const integer: FieldKind = {
  Editor: IntegerInput,
  text: (value, { field }) => withUnit(grouped(String(value)), field['x-unit']),
  numeric: true,
}

/** A number with its unit behind it. */
export function withUnit(number: string, unit: string | undefined): string {
  return unit ? `${number} ${unit}` : number
}
