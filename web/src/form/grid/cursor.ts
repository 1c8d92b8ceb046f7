/** A cell of a grid by its position. */
export interface Cell {
  row: number
  column: number
}

/** The size of a grid. */
export interface Extent {
  rows: number
  columns: number
}

/** Cells between two corners, both included. */
export interface Range {
  top: number
  bottom: number
  left: number
  right: number
}

export function rangeBetween(a: Cell, b: Cell): Range {
  return {
    top: Math.min(a.row, b.row),
    bottom: Math.max(a.row, b.row),
    left: Math.min(a.column, b.column),
    right: Math.max(a.column, b.column),
  }
}

/** The cell a step away, held inside the grid. */
export function step(cell: Cell, rows: number, columns: number, extent: Extent): Cell {
  const hold = (value: number, size: number) => Math.max(0, Math.min(size - 1, value))
  return {
    row: hold(cell.row + rows, extent.rows),
    column: hold(cell.column + columns, extent.columns),
  }
}

/**
 * The next (or the previous) cell in reading order that can be written; undefined at the end, where Tab leaves the
 * grid. Where none can be written, each cell counts.
 */
export function follow(
  cell: Cell,
  forward: boolean,
  extent: Extent,
  open: (cell: Cell) => boolean = () => true,
): Cell | undefined {
  const size = extent.rows * extent.columns
  const by = forward ? 1 : -1
  for (let at = cell.row * extent.columns + cell.column + by; at >= 0 && at < size; at += by) {
    const next = { row: Math.floor(at / extent.columns), column: at % extent.columns }
    if (open(next)) return next
  }
  return undefined
}

const far = 1_000_000

const arrows: Record<string, [rows: number, columns: number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  Home: [0, -far],
  End: [0, far],
  PageUp: [-10, 0],
  PageDown: [10, 0],
}

/** With Ctrl: to the edge of the grid. */
const jumps: Record<string, [rows: number, columns: number]> = {
  ArrowUp: [-far, 0],
  ArrowDown: [far, 0],
  ArrowLeft: [0, -far],
  ArrowRight: [0, far],
  Home: [-far, -far],
  End: [far, far],
}

/** Where a key leads from a cell; undefined for keys that do not move. */
export function moved(cell: Cell, key: string, extent: Extent, jump = false): Cell | undefined {
  const way = (jump ? jumps : arrows)[key]
  return way ? step(cell, way[0], way[1], extent) : undefined
}
