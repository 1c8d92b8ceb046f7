import { type MouseEvent, useRef } from 'react'
import type { GridColumn } from './columns'
import type { Cell } from './cursor'
import { isChosen } from './keys'
import type { GridCursor } from './use-grid-cursor'

function cellAt(target: EventTarget): Cell | undefined {
  const cell = target instanceof HTMLElement ? target.closest<HTMLElement>('td[data-cell]') : null
  const [row, column] = cell?.dataset['cell']?.split(',').map(Number) ?? []
  return row === undefined || column === undefined ? undefined : { row, column }
}

function isSame(a: Cell, b: Cell): boolean {
  return a.row === b.row && a.column === b.column
}

/**
 * The mouse on a grid: a click selects a cell, a second one edits it; what is chosen from a list opens at the first.
 * Dragging, or a click with shift, selects a range.
 */
export function usePointer(cursor: GridCursor, columns: readonly GridColumn[]) {
  const pressed = useRef<{ cell: Cell; again: boolean; dragged: boolean } | undefined>(undefined)
  return {
    onMouseDown: (event: MouseEvent) => {
      pressed.current = undefined
      const cell = event.button === 0 ? cellAt(event.target) : undefined
      if (!cell || (cursor.editing && isSame(cell, cursor.active))) return
      if (event.shiftKey) {
        event.preventDefault() // otherwise the browser would select text
        cursor.go(cell, { extend: true })
        return
      }
      const again = cursor.used && isSame(cell, cursor.active)
      pressed.current = { cell, again, dragged: false }
      cursor.go(cell)
    },
    onMouseOver: (event: MouseEvent) => {
      const from = pressed.current
      const cell = cellAt(event.target)
      if (!from || !cell || event.buttons % 2 === 0 || isSame(cell, cursor.active)) return
      from.dragged = true
      cursor.select(from.cell, cell)
    },
    onClick: () => {
      const from = pressed.current
      pressed.current = undefined
      if (!from || from.dragged) return
      if (from.again || isChosen(columns[from.cell.column])) cursor.edit(from.cell)
    },
  }
}
