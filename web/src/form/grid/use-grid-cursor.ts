import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { Wire } from '@/api/wire'
import { cellPath } from '@/lib/path'
import type { FormModel } from '../model'
import type { GridColumn } from './columns'
import { type Cell, type Extent, follow, type Range, rangeBetween, step } from './cursor'

export interface GridOptions {
  model: FormModel
  table: string
  columns: readonly GridColumn[]
  ids: readonly string[]
  readOnly: boolean
  /** Enter on the last row makes another one. */
  canAdd: boolean
}

interface Cursor {
  active: Cell
  anchor: Cell
  /** The column where a run of Tab began: Enter goes back to it, in the next row. */
  home: number
  editing: { startWith?: string } | undefined
  /** The person has been in the grid. */
  used: boolean
}

/** How to go to a cell. */
export interface Going {
  /** The selection reaches from where it began to the cell. */
  extend?: boolean
  /** The run that Tab began goes on. */
  run?: boolean
}

/** The cursor of a grid: where it is, what is selected and edited, and what can be done with it. */
export interface GridCursor extends Cursor {
  range: Range
  extent: Extent
  go: (cell: Cell, going?: Going) => void
  select: (from: Cell, to: Cell) => void
  edit: (cell: Cell, startWith?: string) => void
  /** Ends editing; the focus stays on the cell. */
  finish: () => void
  /** Ends editing, as the focus has gone elsewhere. */
  leave: () => void
  /** Ends editing and puts back what was there. */
  revert: () => void
  /** To the next or the previous cell that can be written; false at the end. */
  tab: (forward: boolean) => boolean
  /** To the next row; behind the last one a new row comes, unless the last one is still blank. */
  down: () => void
  isOpen: (cell: Cell) => boolean
}

const origin: Cell = { row: 0, column: 0 }
const start: Cursor = { active: origin, anchor: origin, home: 0, editing: undefined, used: false }

/** Brings the focus to the cell with the cursor, once it is wanted there and the cell is in the page. */
function useFocusOfCell(
  cursor: Cursor,
  root: RefObject<HTMLElement | null>,
  reveal: (row: number) => void,
): RefObject<boolean> {
  const wanted = useRef(false)
  useEffect(() => {
    if (!wanted.current || cursor.editing) return
    const { row, column } = cursor.active
    const cell = root.current?.querySelector<HTMLElement>(`[data-cell="${row},${column}"]`)
    if (!cell) return reveal(row)
    wanted.current = false
    cell.focus()
  })
  return wanted
}

export function useGridCursor(
  options: GridOptions,
  root: RefObject<HTMLElement | null>,
  reveal: (row: number) => void,
): GridCursor {
  const { model, table, columns, ids, readOnly, canAdd } = options
  const [cursor, setCursor] = useState<Cursor>(start)
  const before = useRef<Wire | undefined>(undefined)
  const wantsFocus = useFocusOfCell(cursor, root, reveal)
  const history = model.history(table)
  const extent: Extent = { rows: ids.length, columns: columns.length }

  const pathOf = (cell: Cell) =>
    cellPath(table, ids[cell.row] ?? '', columns[cell.column]?.name ?? '')
  const isOpen = (cell: Cell) =>
    !readOnly &&
    cell.row < ids.length &&
    columns[cell.column] !== undefined &&
    !model.stateOf(pathOf(cell)).readOnly

  const go = useCallback(
    (cell: Cell, { extend = false, run = false }: Going = {}) => {
      history.end()
      wantsFocus.current = true
      setCursor((old) => ({
        active: cell,
        anchor: extend ? old.anchor : cell,
        home: run || extend ? old.home : cell.column,
        editing: undefined,
        used: true,
      }))
    },
    [history, wantsFocus],
  )
  const finish = useCallback(() => {
    history.end()
    wantsFocus.current = true
    setCursor((old) => ({ ...old, editing: undefined }))
  }, [history, wantsFocus])

  const isBlank = (id: string) =>
    columns.every(({ name }) => {
      const path = cellPath(table, id, name)
      return !model.wasWritten(path) || model.field(path).value === undefined
    })

  return {
    ...cursor,
    range: useMemo(
      () => rangeBetween(cursor.anchor, cursor.active),
      [cursor.anchor, cursor.active],
    ),
    extent,
    go,
    select: (from, to) => {
      wantsFocus.current = true
      setCursor((old) => ({ ...old, anchor: from, active: to, editing: undefined, used: true }))
    },
    finish,
    isOpen,
    edit: (cell, startWith) => {
      if (!isOpen(cell)) return go(cell)
      history.end()
      history.begin()
      before.current = model.field(pathOf(cell)).value
      setCursor((old) => ({
        active: cell,
        anchor: cell,
        home: cell.row === old.active.row ? old.home : cell.column,
        editing: startWith === undefined ? {} : { startWith },
        used: true,
      }))
    },
    leave: () => {
      history.end()
      setCursor((old) => ({ ...old, editing: undefined }))
    },
    revert: () => {
      const path = pathOf(cursor.active)
      if (model.field(path).value !== before.current) model.set(path, before.current)
      finish()
    },
    tab: (forward) => {
      const writable = ids.length > 0 && columns.some((_, column) => isOpen({ row: 0, column }))
      const next = follow(cursor.active, forward, extent, writable ? isOpen : undefined)
      if (next) go(next, { run: true })
      return next !== undefined
    },
    down: () => {
      history.end()
      const last = cursor.active.row >= ids.length - 1
      const more = last && canAdd && !isBlank(ids[ids.length - 1] ?? '')
      if (more) history.run(() => model.insertRows(table, [{}]))
      const rows = more ? extent.rows + 1 : extent.rows
      const home = { row: cursor.active.row, column: Math.min(cursor.home, extent.columns - 1) }
      go(step(home, 1, 0, { ...extent, rows }), { run: true })
    },
  }
}
