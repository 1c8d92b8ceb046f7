/** A place in a record: a field ("team"), a sub-table ("lines") or a cell of one ("lines[r1].ot_hours"). */
export interface Path {
  field: string
  row?: string
  column?: string
}

const cell = /^([a-z][a-z0-9_]*)\[([^\]]+)\](?:\.([a-z][a-z0-9_]*))?$/
const dotted = /^([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)$/

/** Reads a path as the server and the form engine write it. */
export function parsePath(text: string): Path {
  const inRow = cell.exec(text)
  if (inRow?.[1] && inRow[2]) {
    return inRow[3]
      ? { field: inRow[1], row: inRow[2], column: inRow[3] }
      : { field: inRow[1], row: inRow[2] }
  }
  const column = dotted.exec(text)
  if (column?.[1] && column[2]) return { field: column[1], column: column[2] }
  return { field: text }
}

/** The path of a cell. */
export function cellPath(table: string, row: string, column: string): string {
  return `${table}[${row}].${column}`
}
