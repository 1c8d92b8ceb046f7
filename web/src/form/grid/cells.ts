import type { Row, Wire } from '@/api/wire'
import { cellPath } from '@/lib/path'
import { isFile } from '../patch'
import type { GridColumn } from './columns'
import type { Range } from './cursor'

/** Values to write by path; undefined empties the cell. */
export type CellValues = Map<string, Wire | undefined>

/** A sub-table as the commands on ranges see it. */
export interface Sheet {
  table: string
  columns: readonly GridColumn[]
  rows: readonly Row[]
  /** Whether the cell of a path may be written now. */
  open: (path: string) => boolean
}

function pathAt({ table, rows, columns }: Sheet, row: number, column: number): string {
  return cellPath(table, rows[row]?._id ?? '', columns[column]?.name ?? '')
}

function valueAt({ rows, columns }: Sheet, row: number, column: number): Wire | undefined {
  return rows[row]?.[columns[column]?.name ?? '']
}

function same(a: Wire | undefined, b: Wire | undefined): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
}

/** Writes the value of a cell into others of its column. Photos and files are one row's own. */
function spread(sheet: Sheet, from: number, column: number, targets: Iterable<number>): CellValues {
  const values: CellValues = new Map()
  const field = sheet.columns[column]?.field
  if (!field || isFile(field)) return values
  const value = valueAt(sheet, from, column)
  for (const row of targets) {
    const path = pathAt(sheet, row, column)
    if (row === from || same(valueAt(sheet, row, column), value) || !sheet.open(path)) continue
    values.set(path, value)
  }
  return values
}

function numbers(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index)
}

/** The top row of the range into those below it; a range of one row takes the row above, as spreadsheets do. */
export function fillDown(sheet: Sheet, range: Range): CellValues {
  const single = range.top === range.bottom
  const from = single ? range.top - 1 : range.top
  if (from < 0) return new Map()
  const targets = numbers(from + 1, range.bottom)
  return new Map(
    numbers(range.left, range.right).flatMap((column) => [...spread(sheet, from, column, targets)]),
  )
}

/** The value of one cell for all rows, or for the selected ones if there are several. */
export function fillAll(
  sheet: Sheet,
  cell: { row: number; column: number },
  range: Range,
): CellValues {
  const several = range.top !== range.bottom
  const targets = several ? numbers(range.top, range.bottom) : sheet.rows.keys()
  return spread(sheet, cell.row, cell.column, targets)
}

/** Empties what may be written. */
export function cleared(sheet: Sheet, range: Range): CellValues {
  const values: CellValues = new Map()
  for (const row of numbers(range.top, range.bottom)) {
    for (const column of numbers(range.left, range.right)) {
      const path = pathAt(sheet, row, column)
      if (valueAt(sheet, row, column) !== undefined && sheet.open(path)) values.set(path, undefined)
    }
  }
  return values
}

/** What is pasted where: the columns by name ('' is skipped) and the lines. */
export interface Pasted {
  columns: string[]
  cells: string[][]
}

const plain = (title: string) => title.replace(/[*＊\s]/g, '').toLowerCase()

/**
 * Lines as they are pasted from a column on. A first line of headings, as people copy it along from their workbook,
 * names the columns itself. One cell fills the whole selection.
 */
export function pastedInto(
  lines: readonly (readonly string[])[],
  columns: readonly GridColumn[],
  range: Range,
): Pasted {
  const [first = []] = lines
  const headings = first.map((title) => columns.find((each) => plain(each.title) === plain(title)))
  const written = first.filter((title) => title !== '').length
  if (lines.length > 1 && written > 1 && headings.filter(Boolean).length === written) {
    return {
      columns: headings.map((column) => column?.name ?? ''),
      cells: lines.slice(1).map((line) => [...line]),
    }
  }
  const names = columns.slice(range.left).map((column) => column.name)
  const single = lines.length === 1 && first.length === 1
  const cells = single
    ? numbers(range.top, range.bottom).map(() =>
        numbers(range.left, range.right).map(() => first[0] ?? ''),
      )
    : lines.map((line) => line.slice(0, names.length))
  return { columns: names, cells }
}
