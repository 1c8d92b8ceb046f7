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

/** The next (or the previous) cell in reading order; undefined at the end, where Tab leaves the grid. */
export function follow(cell: Cell, forward: boolean, extent: Extent): Cell | undefined {
  const index = cell.row * extent.columns + cell.column + (forward ? 1 : -1)
  if (index < 0 || index >= extent.rows * extent.columns) return undefined
  return { row: Math.floor(index / extent.columns), column: index % extent.columns }
}

const arrows: Record<string, [rows: number, columns: number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  Home: [0, -10_000],
  End: [0, 10_000],
  PageUp: [-10, 0],
  PageDown: [10, 0],
}

/** Where a key leads from a cell; undefined for keys that do not move. */
export function moved(cell: Cell, key: string, extent: Extent): Cell | undefined {
  const arrow = arrows[key]
  return arrow ? step(cell, arrow[0], arrow[1], extent) : undefined
}
