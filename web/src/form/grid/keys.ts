import type { KeyboardEvent } from 'react'
import type { GridColumn } from './columns'
import { commandOf } from './commands'
import { moved } from './cursor'
import type { GridCommands } from './grid-commands'
import type { GridCursor } from './use-grid-cursor'

/** Types that are chosen, not typed: they open at a click and with Enter, and need the arrow keys while they are open. */
const chosen: ReadonlySet<string> = new Set([
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
  'boolean',
  'attachment',
  'image',
  'signature',
])

/** Whether a cell of the column opens at once when it is clicked; others are selected, and typing replaces them. */
export function isChosen(column: GridColumn | undefined): boolean {
  return column !== undefined && chosen.has(column.field['x-type'])
}

export interface GridKeys {
  cursor: GridCursor
  columns: readonly GridColumn[]
  commands: GridCommands
  /** Whether there is a value in the cell with the cursor. */
  filled: () => boolean
}

/** The keys of a spreadsheet: arrows and Tab move, Enter goes down, a character replaces, F2 edits, Escape puts back. */
export function onGridKey(event: KeyboardEvent, grid: GridKeys): void {
  const { cursor, columns } = grid
  if (event.nativeEvent.isComposing || cursor.extent.rows === 0 || isButton(event.target)) return
  const command = commandOf(event)
  if (event.key === 'Tab') {
    if (cursor.tab(!event.shiftKey)) event.preventDefault()
    else if (cursor.editing) cursor.finish()
  } else if (command && !(cursor.editing && isOfText(command))) {
    event.preventDefault()
    grid.commands.run(command)
  } else if (cursor.editing) {
    whileEditing(event, cursor, columns[cursor.active.column])
  } else {
    whileMoving(event, grid)
  }
}

/** While a cell is edited these keys belong to its text. */
function isOfText(command: string): boolean {
  return ['undo', 'redo', 'selectAll', 'deleteRows'].includes(command)
}

function isButton(target: EventTarget): boolean {
  return target instanceof HTMLElement && target.closest('button') !== null
}

function whileEditing(
  event: KeyboardEvent,
  cursor: GridCursor,
  column: GridColumn | undefined,
): void {
  const { key } = event
  const type = column?.field['x-type']
  const vertical = key === 'ArrowUp' || key === 'ArrowDown'
  if (key === 'Escape') {
    event.stopPropagation()
    cursor.revert()
  } else if (key === 'Enter' && !(type === 'longtext' && event.shiftKey)) {
    event.preventDefault()
    cursor.down()
  } else if (vertical && type !== 'longtext' && !isChosen(column)) {
    event.preventDefault()
    cursor.go(moved(cursor.active, key, cursor.extent) ?? cursor.active)
  }
}

function whileMoving(event: KeyboardEvent, { cursor, columns, commands, filled }: GridKeys): void {
  const { key } = event
  const jump = event.ctrlKey || event.metaKey
  const next = event.altKey ? undefined : moved(cursor.active, key, cursor.extent, jump)
  if (next) {
    event.preventDefault()
    cursor.go(next, { extend: event.shiftKey })
    return
  }
  const action = jump ? undefined : actionOf(event)
  if (!action) return
  // An input method that has begun to compose goes on in the control that opens now, so its key is let through.
  if (key !== 'Process') event.preventDefault()
  const chooses = isChosen(columns[cursor.active.column]) && cursor.isOpen(cursor.active)
  if (action === 'clear') commands.clear()
  else if (action === 'up')
    cursor.go(moved(cursor.active, 'ArrowUp', cursor.extent) ?? cursor.active)
  else if (action === 'down' && !(chooses && !filled())) cursor.down()
  else if (action === 'replace') cursor.edit(cursor.active, key)
  else cursor.edit(cursor.active)
}

function actionOf({ key, shiftKey, altKey }: KeyboardEvent) {
  if (altKey) return key === 'ArrowDown' ? 'edit' : undefined
  if (key === 'Enter') return shiftKey ? 'up' : 'down'
  if (key === 'F2' || key === 'Process') return 'edit'
  if (key === 'Delete' || key === 'Backspace') return 'clear'
  return key.length === 1 ? 'replace' : undefined
}
