import type { Field } from '@/api/bundle'
import type { Row, Values, Wire } from '@/api/wire'

/** Whether people never write the field: the server computes it and ignores it in what is sent. */
export function isComputed(field: Field): boolean {
  return (
    field.readOnly ??
    (field['x-compute'] !== undefined ||
      field['x-lookup'] !== undefined ||
      field['x-rollup'] !== undefined ||
      field['x-number'] !== undefined ||
      field['x-server'] === true)
  )
}

/** Whether values are ids of files. */
export function isFile(field: Field): boolean {
  return ['attachment', 'image', 'signature'].includes(field['x-type'])
}

/** Whether a row was made here and is not known to the server yet. */
export function isNewRow(row: Row): boolean {
  return row._id.startsWith('+')
}

function same(a: Wire | undefined, b: Wire | undefined): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
}

/** What differs, as a merge patch: null removes a value. Computed fields are left out, sub-tables are patched by row. */
export function patchOf(fields: Record<string, Field>, before: Values, after: Values): Values {
  const patch: Values = {}
  for (const [name, field] of Object.entries(fields)) {
    if (isComputed(field)) continue
    if (field['x-type'] === 'table') {
      const rows = patchRows(
        field.items?.properties ?? {},
        rowsOf(before[name]),
        rowsOf(after[name]),
      )
      if (rows.length > 0) patch[name] = rows
    } else if (!same(before[name], after[name])) {
      patch[name] = after[name] ?? null
    }
  }
  return patch
}

/** Whether people wrote the same in both; the ids of rows, which the server gives, do not count. */
export function sameWritten(fields: Record<string, Field>, a: Values, b: Values): boolean {
  const written = (values: Values) => patchOf(fields, {}, withoutRowIds(fields, values))
  return same(written(a), written(b))
}

/** The ids of a sub-table's rows in their order. */
export function rowIdsOf(values: Values, table: string): string[] {
  return rowsOf(values[table]).map((row) => row._id)
}

function rowsOf(value: Wire | undefined): Row[] {
  return Array.isArray(value) ? (value as Row[]) : []
}

function patchRows(
  columns: Record<string, Field>,
  before: readonly Row[],
  after: readonly Row[],
): Values[] {
  const stored = new Map(before.map((row) => [row._id, row]))
  const kept = new Set(after.map((row) => row._id))
  const patches: Values[] = before
    .filter((row) => !kept.has(row._id))
    .map((row) => ({ _id: row._id, _delete: true }))
  for (const row of after) {
    const known = stored.get(row._id)
    const patch = patchOf(columns, known ?? {}, row)
    if (!known) patches.push(isNewRow(row) ? patch : { ...patch, _id: row._id })
    else if (Object.keys(patch).length > 0) patches.push({ ...patch, _id: row._id })
  }
  return patches
}

/** Values with a merge patch applied, as the server would: the way to put one's own changes upon a newer version. */
export function applyPatch(values: Values, patch: Values): Values {
  const result: Values = { ...values }
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) delete result[name]
    else if (isRowPatch(change)) result[name] = applyRows(rowsOf(values[name]), change)
    else result[name] = change
  }
  return result
}

function isRowPatch(change: Wire): change is Values[] {
  return (
    Array.isArray(change) &&
    change.length > 0 &&
    change.every((item) => typeof item === 'object' && item !== null)
  )
}

function applyRows(rows: readonly Row[], patches: readonly Values[]): Row[] {
  const result = new Map(rows.map((row) => [row._id, row]))
  let fresh = 0
  for (const patch of patches) {
    const { _id: id, _delete: gone, ...change } = patch
    if (typeof id !== 'string') {
      fresh += 1
      result.set(`+r${fresh}`, { ...change, _id: `+r${fresh}` })
    } else if (gone === true) {
      result.delete(id)
    } else {
      const known = result.get(id)
      if (known) result.set(id, { ...applyPatch(known, change), _id: id })
    }
  }
  return [...result.values()]
}

/** The values to begin a copy with: what people write, without ids of rows. Files belong to the original. */
export function copyOf(fields: Record<string, Field>, values: Values): Values {
  return numberRows(
    fields,
    patchOf(fields, {}, withoutRowIds(fields, withoutFiles(fields, values))),
  )
}

function withoutFiles(fields: Record<string, Field>, values: Values): Values {
  const result: Values = {}
  for (const [name, value] of Object.entries(values)) {
    const field = fields[name]
    if (field && isFile(field)) continue
    result[name] =
      field?.['x-type'] === 'table'
        ? rowsOf(value).map((row) => withoutFiles(field.items?.properties ?? {}, row))
        : value
  }
  return result
}

function withoutRowIds(fields: Record<string, Field>, values: Values): Values {
  return mapTables(fields, values, (row, index) => ({ ...row, _id: `+c${index + 1}` }))
}

function numberRows(fields: Record<string, Field>, values: Values): Values {
  return mapTables(fields, values, (row, index) => ({ ...row, _id: `+c${index + 1}` }))
}

function mapTables(
  fields: Record<string, Field>,
  values: Values,
  change: (row: Row, index: number) => Row,
): Values {
  const result: Values = { ...values }
  for (const [name, field] of Object.entries(fields)) {
    if (field['x-type'] === 'table' && result[name] !== undefined)
      result[name] = rowsOf(result[name]).map(change)
  }
  return result
}
