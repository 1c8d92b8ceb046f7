import type { Fill } from '@/api/definitions.gen'
import type { Filter, RecordPage, RecordSearch } from '@/api/records'
import type { Row, Values, Wire } from '@/api/wire'

/** Rows to add, the column that tells whether one is there already, and display texts of what they refer to. */
export interface FilledRows {
  rows: Values[]
  key: string
  names: Record<string, string>
}

/**
 * The search behind a fill button: its filter with the record's values in place of record.x. Undefined while one of
 * them is missing, as the filter would then match nothing.
 */
export function fillSearch(fill: Fill, values: Values): RecordSearch | undefined {
  const { from } = fill
  const filter = from.where === undefined ? undefined : substituted(from.where, values)
  if (from.where !== undefined && filter === undefined) return undefined
  const sort = from.order
    ?.map((each) => (each.dir === 'desc' ? `-${each.field}` : each.field))
    .join(',')
  return {
    limit: from.rows ? 1 : 200,
    ...(filter === undefined ? {} : { filter: filter as Filter }),
    ...(sort ? { sort } : {}),
  }
}

function substituted(part: unknown, values: Values): unknown {
  if (Array.isArray(part)) {
    const items = part.map((item) => substituted(item, values))
    return items.includes(undefined) ? undefined : items
  }
  if (typeof part !== 'object' || part === null) return part
  const variable = (part as { var?: unknown }).var
  if (typeof variable === 'string' && variable.startsWith('record.'))
    return values[variable.slice('record.'.length)]
  const entries = Object.entries(part).map(
    ([key, item]) => [key, substituted(item, values)] as const,
  )
  return entries.some(([, item]) => item === undefined) ? undefined : Object.fromEntries(entries)
}

/** The rows a fill makes of what was found: of each record, or of each row of the first record's sub-table. */
export function rowsFrom(fill: Fill, table: string, page: RecordPage): FilledRows {
  const pairs = Object.entries(fill.map).flatMap(([target, source]) => {
    const column = target.startsWith(`${table}.`) ? target.slice(table.length + 1) : undefined
    return column ? [[column, source] as const] : []
  })
  const inner = fill.from.rows
  const first = page.records[0]
  const rows = inner
    ? tableOf(first?.values[inner]).map((row) =>
        made(pairs, (source) => row[source.slice(inner.length + 1)]),
      )
    : page.records.map((record) =>
        made(pairs, (source) => (source === 'id' ? record.id : record.values[source])),
      )
  const names: Record<string, string> = {}
  for (const record of page.records) {
    const { name } = record.values
    if (typeof name === 'string') names[`${fill.from.entity}/${record.id}`] = name
    Object.assign(names, record.refs)
  }
  return { rows, key: pairs[0]?.[0] ?? '', names }
}

function tableOf(value: Wire | undefined): Row[] {
  return Array.isArray(value) ? (value as Row[]) : []
}

function made(
  pairs: readonly (readonly [string, string])[],
  read: (source: string) => Wire | undefined,
): Values {
  const row: Values = {}
  for (const [column, source] of pairs) {
    const value = read(source)
    if (value !== undefined) row[column] = value
  }
  return row
}
