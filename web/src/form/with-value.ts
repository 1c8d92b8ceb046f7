import type { Values, Wire } from '@/api/wire'

/** Puts a value into a map, or takes the key out of it. */
export function keep<T>(map: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) map.delete(key)
  else map.set(key, value)
}

/** Values with one changed; undefined, null and an empty text remove it. */
export function withValue(values: Values, key: string, value: Wire | undefined): Values {
  return withValues(values, { [key]: value ?? null })
}

/** The same for several. */
export function withValues(values: Values, patch: Values): Values {
  const result: Values = { ...values, ...patch }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === '') delete result[key]
  }
  return result
}
