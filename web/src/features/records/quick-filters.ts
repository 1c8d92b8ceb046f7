import type { Bundle, Field } from '@/api/bundle'
import type { Filter } from '@/api/records'

/** What was chosen in one quick filter. */
export type Chosen =
  | { kind: 'options'; values: string[] }
  | { kind: 'one'; id: string; text: string }
  | { kind: 'range'; from?: string; to?: string }
  | { kind: 'text'; text: string }
  | { kind: 'flag'; value: boolean }

export type Filters = Record<string, Chosen>

/** How a field is filtered quickly; undefined for types that have no quick filter. */
export function filterKind(field: Field | 'state'): Chosen['kind'] | undefined {
  if (field === 'state') return 'options'
  switch (field['x-type']) {
    case 'select':
    case 'multiselect':
      return 'options'
    case 'reference':
    case 'user':
    case 'department':
      return 'one'
    case 'date':
    case 'month':
      return 'range'
    case 'boolean':
      return 'flag'
    case 'text':
    case 'autonumber':
    case 'phone':
      return 'text'
    default:
      return undefined
  }
}

/** The field behind a path of a view; "state" for the approval state. */
export function filterField(bundle: Bundle, path: string): Field | 'state' | undefined {
  return path === 'state' ? 'state' : bundle.entity.properties[path]
}

function condition(path: string, chosen: Chosen): Filter[] {
  switch (chosen.kind) {
    case 'options':
      return [{ field: path, op: 'in', value: chosen.values }]
    case 'one':
      return [{ field: path, op: 'eq', value: chosen.id }]
    case 'text':
      return [{ field: path, op: 'contains', value: chosen.text }]
    case 'flag':
      return [{ field: path, op: 'eq', value: chosen.value }]
    case 'range':
      return [
        ...(chosen.from ? [{ field: path, op: 'ge', value: chosen.from }] : []),
        ...(chosen.to ? [{ field: path, op: 'le', value: chosen.to }] : []),
      ]
  }
}

/** The filter tree of all quick filters together; undefined when none is set. */
export function filterOf(filters: Filters): Filter | undefined {
  const conditions = Object.entries(filters).flatMap(([path, chosen]) => condition(path, chosen))
  return conditions.length === 0 ? undefined : { and: conditions }
}

/** A filter that came with the address; undefined if it is none. The server checks what it says. */
export function readWhere(text: string | undefined): Filter | undefined {
  try {
    const parsed: unknown = JSON.parse(text ?? 'null')
    const filter = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    return filter ? (parsed as Filter) : undefined
  } catch {
    return undefined
  }
}

/** What both filters admit. */
export function both(a: Filter | undefined, b: Filter | undefined): Filter | undefined {
  return a && b ? { and: [a, b] } : (a ?? b)
}

const shapes: Record<string, (value: Record<string, unknown>) => boolean> = {
  options: (value) =>
    Array.isArray(value['values']) && value['values'].every((each) => typeof each === 'string'),
  one: (value) => typeof value['id'] === 'string' && typeof value['text'] === 'string',
  text: (value) => typeof value['text'] === 'string',
  flag: (value) => typeof value['value'] === 'boolean',
  range: (value) =>
    [value['from'], value['to']].every((end) => end === undefined || typeof end === 'string'),
}

/** Reads filters from a URL. What is not of their shape is dropped: links are written by hand, too. */
export function readFilters(text: string | undefined): Filters {
  let parsed: unknown
  try {
    parsed = JSON.parse(text ?? '{}')
  } catch {
    return {}
  }
  if (typeof parsed !== 'object' || parsed === null) return {}
  const kept = Object.entries(parsed as Record<string, unknown>).filter(([, value]) => {
    if (typeof value !== 'object' || value === null) return false
    const chosen = value as Record<string, unknown>
    return shapes[String(chosen['kind'])]?.(chosen) ?? false
  })
  return Object.fromEntries(kept) as Filters
}

/** Filters as text for a URL; undefined when none is set. */
export function writeFilters(filters: Filters): string | undefined {
  return Object.keys(filters).length === 0 ? undefined : JSON.stringify(filters)
}
