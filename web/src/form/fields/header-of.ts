import type { Values } from '@/api/wire'

/** The header of a record: filters name fields of it or of one row; the other rows are of no use to them. */
export function headerOf(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).filter(
      ([, value]) => !(Array.isArray(value) && typeof value[0] === 'object'),
    ),
  )
}
