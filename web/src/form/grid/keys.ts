import type { KeyboardEvent } from 'react'
import type { GridColumn } from './columns'
import { follow, moved } from './cursor'
import type { GridCursor } from './use-grid-cursor'

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

/** The keys of a spreadsheet: arrows and Tab move, Enter edits and goes down, a character replaces, Escape puts back. */
export function onGridKey(
  event: KeyboardEvent,
  cursor: GridCursor,
  columns: readonly GridColumn[],
): void {
  if (event.nativeEvent.isComposing || cursor.extent.rows === 0 || isButton(event.target)) return
  if (event.key === 'Tab') tab(event, cursor)
  else if (cursor.editing)
    whileEditing(event, cursor, columns[cursor.active.column]?.field['x-type'] ?? '')
  else whileMoving(event, cursor)
}

function isButton(target: EventTarget): boolean {
  return target instanceof HTMLElement && target.closest('button') !== null
}

function tab(event: KeyboardEvent, cursor: GridCursor): void {
  const next = follow(cursor.active, !event.shiftKey, cursor.extent)
  if (!next) {
    if (cursor.editing) cursor.finish()
    return
  }
  event.preventDefault()
  cursor.go(next)
}

function whileEditing(event: KeyboardEvent, cursor: GridCursor, type: string): void {
  const { key } = event
  const vertical = (key === 'ArrowUp' || key === 'ArrowDown') && !keepsArrows.has(type)
  if (key === 'Escape') {
    cursor.revert()
  } else if (key === 'Enter' && !(type === 'longtext' && event.shiftKey)) {
    event.preventDefault()
    cursor.down()
  } else if (vertical) {
    event.preventDefault()
    cursor.go(moved(cursor.active, key, cursor.extent) ?? cursor.active)
  }
}

function whileMoving(event: KeyboardEvent, cursor: GridCursor): void {
  const next = moved(cursor.active, event.key, cursor.extent)
  if (next) {
    event.preventDefault()
    cursor.go(next, event.shiftKey)
    return
  }
  const command = event.ctrlKey || event.metaKey || event.altKey ? undefined : commandOf(event.key)
  if (!command) return
  // An input method that has begun to compose goes on in the control that opens now, so its key is let through.
  if (event.key !== 'Process') event.preventDefault()
  if (command === 'clear') cursor.clear()
  else if (command === 'edit') cursor.edit(cursor.active)
  else cursor.edit(cursor.active, event.key)
}

function commandOf(key: string): 'edit' | 'clear' | 'replace' | undefined {
  if (key === 'Enter' || key === 'F2' || key === 'Process') return 'edit'
  if (key === 'Delete' || key === 'Backspace') return 'clear'
  return key.length === 1 ? 'replace' : undefined
}
