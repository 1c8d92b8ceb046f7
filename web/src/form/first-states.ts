import type { Bundle, Field } from '@/api/bundle'
import type { FieldState } from './engine'
import { isComputed } from './patch'

/** What of an entity a model needs. */
export interface FormFields {
  properties: Record<string, Field>
  required?: string[]
  /** The fields as people read them; the definition's keys come in any order. */
  'x-order'?: string[]
}

/** The states that follow from the definition alone; they hold until the engine joins. */
export function statesBefore(holder: FormFields, prefix: string): Map<string, FieldState> {
  const states = new Map<string, FieldState>()
  for (const [name, field] of Object.entries(holder.properties)) {
    if (isComputed(field)) states.set(prefix + name, { readOnly: true, pending: true })
    else if (holder.required?.includes(name)) states.set(prefix + name, { required: true })
    const { properties, required = [] } = field.items ?? {}
    if (!properties) continue
    for (const [path, state] of statesBefore({ properties, required }, `${name}.`))
      states.set(path, state)
  }
  return states
}

/**
 * The states of fields the person sees masked and may not write: the engine here does not know them, so it says nothing of
 * them. Where there is nothing to see they are not shown.
 */
export function statesOfMasked(
  rights: Bundle['rights']['fields'],
  readOnly: readonly string[],
  values: Record<string, unknown>,
): Record<string, FieldState> {
  const masked = readOnly.filter((path) => rights?.[path] === 'masked')
  const nothing = (path: string) => !path.includes('.') && values[path] === undefined
  return Object.fromEntries(
    masked.map((path) => [path, nothing(path) ? { hidden: true } : { readOnly: true }]),
  )
}
