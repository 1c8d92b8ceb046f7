import type { Field } from '@/api/bundle'
import type { Params } from '@/api/reports'
import type { Values, Wire } from '@/api/wire'

function isWire(value: unknown): value is Wire {
  if (Array.isArray(value)) return value.every((each) => typeof each === 'string')
  return ['string', 'number', 'boolean'].includes(typeof value)
}

/** Reads params from a URL. What is no value of a param that exists is dropped: links are written by hand, too. */
export function readParams(text: string | undefined, params: Params | undefined): Values {
  let parsed: unknown
  try {
    parsed = JSON.parse(text ?? '{}')
  } catch {
    return {}
  }
  if (typeof parsed !== 'object' || parsed === null) return {}
  return Object.fromEntries(
    Object.entries(parsed).filter(([name, value]) => params?.[name] && isWire(value)),
  ) as Values
}

/** Params as text for a URL; undefined when all have their defaults. */
export function writeParams(values: Values): string | undefined {
  return Object.keys(values).length === 0 ? undefined : JSON.stringify(values)
}

/** With one param set, or left to its default. */
export function withParam(values: Values, name: string, value: Wire | undefined): Values {
  const { [name]: _, ...rest } = values
  return value === undefined || value === null || value === '' ? rest : { ...rest, [name]: value }
}

const periods: ReadonlySet<string> = new Set(['date', 'month', 'datetime'])

/** The params in the order people ask: the period first, then the rest; each by name. */
export function orderOf(params: Params): [string, Field][] {
  const late = ([, field]: [string, Field]) => Number(!periods.has(field['x-type']))
  return Object.entries(params).sort(
    (a, b) => late(a) - late(b) || (a[0] < b[0] ? -1 : Number(a[0] > b[0])),
  )
}

/** What a param refers to: an entity, the members or the departments; undefined for plain values. */
export function targetOf(field: Field): string | undefined {
  switch (field['x-type']) {
    case 'reference':
      return field['x-entity']
    case 'user':
      return 'user'
    case 'department':
      return 'department'
    default:
      return undefined
  }
}
