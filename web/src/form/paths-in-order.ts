import { parsePath } from '@/lib/path'

/** Paths as people meet them: the whole record, then field by field, sub-tables row by row. */
export function pathsInOrder(
  paths: readonly string[],
  fields: readonly string[],
  rowIds: (table: string) => readonly string[],
): string[] {
  const places = new Map(fields.map((field, index) => [field, index + 1]))
  const rows = new Map<string, Map<string, number>>()
  const rowPlace = (table: string, row: string) => {
    const known = rows.get(table) ?? new Map(rowIds(table).map((id, index) => [id, index]))
    rows.set(table, known)
    return known.get(row) ?? 0
  }
  return paths
    .map((path) => {
      const { field, row } = parsePath(path)
      return { path, field: places.get(field) ?? 0, row: row ? rowPlace(field, row) : -1 }
    })
    .sort((a, b) => a.field - b.field || a.row - b.row)
    .map(({ path }) => path)
}
