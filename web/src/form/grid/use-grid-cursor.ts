import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { Wire } from '@/api/wire'
import { cellPath } from '@/lib/path'
import type { FormModel } from '../model'
import type { GridColumn } from './columns'
import { type Cell, type Extent, type Range, rangeBetween, step } from './cursor'

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
  editing: { startWith?: string } | undefined
}

/** The cursor of a grid: where it is, what is selected and edited, and what can be done with it. */
export interface GridCursor extends Cursor {
  range: Range
  extent: Extent
  go: (cell: Cell, extend?: boolean) => void
  edit: (cell: Cell, startWith?: string) => void
  /** Ends editing; the focus stays on the cell. */
  finish: () => void
  /** Ends editing, as the focus has gone elsewhere. */
  leave: () => void
  /** Ends editing and puts back what was there. */
  revert: () => void
  down: () => void
  clear: () => void
}

const origin: Cell = { row: 0, column: 0 }

export function useGridCursor(
  options: GridOptions,
  root: RefObject<HTMLElement | null>,
): GridCursor {
  const { model, table, columns, ids, readOnly, canAdd } = options
  const [cursor, setCursor] = useState<Cursor>({
    active: origin,
    anchor: origin,
    editing: undefined,
  })
  const wantsFocus = useRef(false)
  const before = useRef<Wire | undefined>(undefined)
  const extent: Extent = { rows: ids.length, columns: columns.length }

  useEffect(() => {
    if (!wantsFocus.current || cursor.editing) return
    wantsFocus.current = false
    const { row, column } = cursor.active
    root.current?.querySelector<HTMLElement>(`[data-cell="${row},${column}"]`)?.focus()
  })

  const pathOf = (cell: Cell) =>
    cellPath(table, ids[cell.row] ?? '', columns[cell.column]?.name ?? '')
  const canEdit = (cell: Cell) =>
    !readOnly &&
    cell.row < ids.length &&
    columns[cell.column] !== undefined &&
    !model.stateOf(pathOf(cell)).readOnly

  const go = useCallback((cell: Cell, extend = false) => {
    wantsFocus.current = true
    setCursor((old) => ({ active: cell, anchor: extend ? old.anchor : cell, editing: undefined }))
  }, [])
  const finish = useCallback(() => {
    wantsFocus.current = true
    setCursor((old) => ({ ...old, editing: undefined }))
  }, [])

  return {
    ...cursor,
    range: useMemo(
      () => rangeBetween(cursor.anchor, cursor.active),
      [cursor.anchor, cursor.active],
    ),
    extent,
    go,
    finish,
    edit: (cell, startWith) => {
      if (!canEdit(cell)) return go(cell)
      before.current = model.field(pathOf(cell)).value
      setCursor({
        active: cell,
        anchor: cell,
        editing: startWith === undefined ? {} : { startWith },
      })
    },
    leave: () => setCursor((old) => ({ ...old, editing: undefined })),
    revert: () => {
      model.set(pathOf(cursor.active), before.current)
      finish()
    },
    down: () => {
      const more = cursor.active.row === ids.length - 1 && canAdd
      if (more) model.insertRows(table, [{}])
      go(step(cursor.active, 1, 0, more ? { ...extent, rows: extent.rows + 1 } : extent))
    },
    clear: () => {
      const range = rangeBetween(cursor.anchor, cursor.active)
      for (let row = range.top; row <= range.bottom; row++) {
        for (let column = range.left; column <= range.right; column++) {
          if (canEdit({ row, column })) model.set(pathOf({ row, column }), undefined)
        }
      }
    },
  }
}
