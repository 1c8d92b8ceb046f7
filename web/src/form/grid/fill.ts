import type { Fill } from '@/api/definitions.gen'
import type { Filled } from '@/api/fills'
import type { Row, Values } from '@/api/wire'

/** The sub-table a button fills. */
export function tableOf(fill: Fill): string {
  return Object.keys(fill.map)[0]?.split('.')[0] ?? ''
}

/** Whether all fields the button's search depends on are filled in; without them it would find nothing. */
export function isReady(fill: Fill, values: Values): boolean {
  return neededBy(fill.from).every((field) => values[field] !== undefined && values[field] !== '')
}

const record = 'record.'

/** The fields of the record that stand in a search: {"var": "record.team"}, or "record.month" as a param. */
function neededBy(part: unknown): string[] {
  if (typeof part === 'string') return part.startsWith(record) ? [part.slice(record.length)] : []
  if (Array.isArray(part)) return part.flatMap(neededBy)
  if (typeof part === 'object' && part !== null) return Object.values(part).flatMap(neededBy)
  return []
}

/** The rows that are not there yet, by the columns that tell them apart. */
export function missingRows(filled: Filled, present: readonly Row[]): Values[] {
  const keyOf = (row: Values) => JSON.stringify(filled.keys.map((column) => row[column] ?? null))
  const known = new Set(present.map(keyOf))
  return filled.rows.filter((row) => !known.has(keyOf(row)))
}
