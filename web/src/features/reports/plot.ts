import type { Widget } from '@/api/definitions.gen'
import type { Column, Report, ReportRow } from '@/api/reports'
import type { Wire } from '@/api/wire'
import { sum } from '@/lib/decimal'
import { titleOf } from '@/lib/texts'
import { figure, isTime, type Look } from './figures'

/** One value of a chart, and the rows of the table it is from. */
export interface Point {
  rows: number[]
  value: Wire
}

/** One line of a chart, or all bars of a colour. */
export interface Series {
  name: string
  column: Column
  /** By category; undefined where the table has no value. */
  points: (Point | undefined)[]
}

/** A table turned into categories along an axis and series over them. */
export interface Plot {
  categories: string[]
  /** The categories follow each other in time. */
  time: boolean
  series: Series[]
  /** How many categories there are beyond those shown. */
  left: number
}

/** The names a widget gives, one or several. */
export function namesOf(names: string | string[] | undefined): string[] {
  if (names === undefined) return []
  return typeof names === 'string' ? [names] : names
}

/** The columns of the names given that the reader's table has. */
export function columnsOf(report: Report, names: string | string[] | undefined): Column[] {
  return namesOf(names).flatMap((name) => report.columns.find((each) => each.name === name) ?? [])
}

/** How many values of a dimension that is no time a chart shows. */
const maxCategories = 24

/**
 * Turns the table of a widget into a plot: the first dimension along the axis; of the second one a series for each
 * value, otherwise one for each measure. Time runs forward, everything else keeps the order of the table. Rows of the
 * same category are added up if their columns have totals, and stand beside each other if not. Undefined if the table
 * cannot be drawn: the reader lacks a column, or there is more than one value for a place.
 */
export function plotOf(report: Report, widget: Widget, look: Look): Plot | undefined {
  const [axis, split] = columnsOf(report, widget.dimension)
  const measures = columnsOf(report, widget.measure)
  const [first] = measures
  if (!axis || !first) return undefined
  const cells = cellsOf(report.rows, split ? [axis, split] : [axis], measures)
  if (!cells) return undefined
  const time = isTime(axis)
  const along = [...new Map(cells.map((cell) => [cell.slot, keyOf(cell.row, axis)])).entries()]
  if (time) along.sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
  const kept = time ? along : along.slice(0, maxCategories)
  const at = new Map(kept.map(([slot], index) => [slot, index]))
  const series = split
    ? distinct(report.rows, split).map((key) => ({
        name: figure(split, key, look),
        column: first,
        points: pointsOf(
          cells.filter((cell) => keyOf(cell.row, split) === key),
          first,
          at,
        ),
      }))
    : measures.map((column) => ({
        name: titleOf(column),
        column,
        points: pointsOf(cells, column, at),
      }))
  return {
    categories: kept.map(([, key]) => figure(axis, key, look)),
    time,
    series,
    left: along.length - kept.length,
  }
}

/** The value of a row in a column as a key; a missing value is a category as well. */
export function keyOf(row: ReportRow, column: Column): string {
  const value = row[column.name]
  return value === undefined || value === null ? '' : String(value)
}

/** The different values of a column in the order of the rows. */
export function distinct(rows: readonly ReportRow[], column: Column): string[] {
  return [...new Set(rows.map((row) => keyOf(row, column)))]
}

/** A row and the category it falls into. */
interface Cell {
  row: ReportRow
  index: number
  slot: string
}

/** Gives each row its category by the first dimension; undefined if values would have to be added that have no sum. */
function cellsOf(
  rows: readonly ReportRow[],
  dimensions: readonly Column[],
  measures: readonly Column[],
): Cell[] | undefined {
  const [axis] = dimensions
  if (!axis) return undefined
  const places = new Set(
    rows.map((row) => JSON.stringify(dimensions.map((column) => keyOf(row, column)))),
  )
  const apart = places.size < rows.length && !measures.every((column) => column.total)
  if (apart && dimensions.length > 1) return undefined
  return rows.map((row, index) => ({
    row,
    index,
    slot: apart ? `${keyOf(row, axis)}\u0000${index}` : keyOf(row, axis),
  }))
}

function pointsOf(
  cells: readonly Cell[],
  column: Column,
  at: ReadonlyMap<string, number>,
): (Point | undefined)[] {
  const points: (Point | undefined)[] = Array.from({ length: at.size })
  for (const { row, index, slot } of cells) {
    const place = at.get(slot)
    const value = row[column.name]
    if (place === undefined || value === undefined || value === null) continue
    const before = points[place]
    points[place] = before
      ? { rows: [...before.rows, index], value: sum([before.value, value]) }
      : { rows: [index], value }
  }
  return points
}
