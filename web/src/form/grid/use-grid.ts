import {
  type ClipboardEvent,
  type KeyboardEvent,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import type { Wire } from '@/api/wire'
import { cellPath } from '@/lib/path'
import { shownValue } from '../fields/kinds'
import type { FormModel } from '../model'
import { formatCells } from './clipboard'
import type { GridColumn } from './columns'
import { type Cell, type Extent, follow, moved, rangeBetween, step } from './cursor'

/** Types whose own control needs the arrow keys while it is open. */
const keepsArrows: ReadonlySet<string> = new Set([
  'select',
  'multiselect',
  'reference',
  'references',
  'user',
  'users',
  'department',
  'date',
  'datetime',
  'month',
  'longtext',
])

export interface GridOptions {
  model: FormModel
  table: string
  columns: readonly GridColumn[]
  ids: readonly string[]
  readOnly: boolean
  canAdd: boolean
  onPasteCells: (row: string | null, firstColumn: number, text: string) => void
}

/** Where the cursor of a grid is and what is being edited. */
export interface GridCursor {
  active: Cell
  anchor: Cell
  editing: { startWith?: string } | undefined
}

/** The keys, the cursor and the clipboard of a grid with the habits of a spreadsheet. */
export function useGrid(options: GridOptions) {
  const { model, table, columns, ids, readOnly } = options
  const [cursor, setCursor] = useState<GridCursor>({
    active: { row: 0, column: 0 },
    anchor: { row: 0, column: 0 },
    editing: undefined,
  })
  const root = useRef<HTMLTableElement>(null)
  const wantsFocus = useRef(false)
  const before = useRef<Wire | undefined>(undefined)
  const extent: Extent = { rows: ids.length, columns: columns.length }

  const pathOf = (cell: Cell) =>
    cellPath(table, ids[cell.row] ?? '', columns[cell.column]?.name ?? '')
  const canEdit = (cell: Cell) => {
    const column = columns[cell.column]
    return (
      !readOnly &&
      column !== undefined &&
      cell.row < ids.length &&
      !model.stateOf(pathOf(cell)).readOnly
    )
  }

  useEffect(() => {
    if (!wantsFocus.current || cursor.editing) return
    wantsFocus.current = false
    const { row, column } = cursor.active
    root.current?.querySelector<HTMLElement>(`[data-cell="${row},${column}"]`)?.focus()
  })

  const go = useCallback((cell: Cell, extend = false) => {
    wantsFocus.current = true
    setCursor((old) => ({ active: cell, anchor: extend ? old.anchor : cell, editing: undefined }))
  }, [])

  const edit = (cell: Cell, startWith?: string) => {
    if (!canEdit(cell)) return go(cell)
    before.current = model.field(pathOf(cell)).value
    setCursor({ active: cell, anchor: cell, editing: startWith === undefined ? {} : { startWith } })
  }

  const finish = useCallback(() => {
    wantsFocus.current = true
    setCursor((old) => ({ ...old, editing: undefined }))
  }, [])

  const down = () => {
    const last = cursor.active.row === ids.length - 1
    if (last && options.canAdd) model.insertRows(table, [{}])
    go(
      step(
        cursor.active,
        1,
        0,
        last && options.canAdd ? { ...extent, rows: extent.rows + 1 } : extent,
      ),
    )
  }

  const clear = () => {
    const range = rangeBetween(cursor.anchor, cursor.active)
    for (let row = range.top; row <= range.bottom; row++) {
      for (let column = range.left; column <= range.right; column++) {
        if (canEdit({ row, column })) model.set(pathOf({ row, column }), undefined)
      }
    }
  }

  const tab = (event: KeyboardEvent) => {
    const next = follow(cursor.active, !event.shiftKey, extent)
    if (!next) return finish()
    event.preventDefault()
    go(next)
  }

  const whileEditing = (event: KeyboardEvent) => {
    const type = columns[cursor.active.column]?.field['x-type'] ?? ''
    if (event.key === 'Escape') {
      model.set(pathOf(cursor.active), before.current)
      finish()
    } else if (event.key === 'Enter' && !(type === 'longtext' && event.shiftKey)) {
      event.preventDefault()
      down()
    } else if (event.key === 'Tab') {
      tab(event)
    } else if ((event.key === 'ArrowUp' || event.key === 'ArrowDown') && !keepsArrows.has(type)) {
      event.preventDefault()
      go(moved(cursor.active, event.key, extent) ?? cursor.active)
    }
  }

  const whileMoving = (event: KeyboardEvent) => {
    const next = moved(cursor.active, event.key, extent)
    if (next) {
      event.preventDefault()
      return go(next, event.shiftKey)
    }
    if (event.key === 'Tab') return tab(event)
    if (event.key === 'Enter' || event.key === 'F2') {
      event.preventDefault()
      return edit(cursor.active)
    }
    if (event.key === 'Delete' || event.key === 'Backspace') {
      event.preventDefault()
      return clear()
    }
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey
    if (plain && event.key.length === 1) {
      event.preventDefault()
      edit(cursor.active, event.key)
    } else if (plain && event.key === 'Process') edit(cursor.active)
  }

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || ids.length === 0 || isButton(event.target)) return
    if (cursor.editing) whileEditing(event)
    else whileMoving(event)
  }

  const onCopy = (event: ClipboardEvent) => {
    if (cursor.editing) return
    const range = rangeBetween(cursor.anchor, cursor.active)
    const cells = ids.slice(range.top, range.bottom + 1).map((id) => {
      const { row } = model.row(table, id)
      return columns.slice(range.left, range.right + 1).map((column) => {
        const value = row[column.name]
        if (value === undefined) return ''
        return column.numeric ? String(value) : shownValue(value, showing(model, column))
      })
    })
    event.clipboardData.setData('text/plain', formatCells(cells))
    event.preventDefault()
  }

  const onPaste = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData('text/plain')
    if (readOnly || text === '' || (cursor.editing && !/[\t\n]/.test(text))) return
    event.preventDefault()
    finish()
    options.onPasteCells(ids[cursor.active.row] ?? null, cursor.active.column, text)
  }

  const range = useMemo(
    () => rangeBetween(cursor.anchor, cursor.active),
    [cursor.anchor, cursor.active],
  )
  return { root, cursor, range, go, edit, finish, onKeyDown, onCopy, onPaste }
}

function isButton(target: EventTarget): boolean {
  return target instanceof HTMLElement && target.closest('button') !== null
}

function showing(model: FormModel, column: GridColumn) {
  return {
    field: column.field,
    nameOf: (entity: string, id: string) => model.nameOf(entity, id),
    zone: undefined,
  }
}
