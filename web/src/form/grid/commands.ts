/** What can be done with the cells and rows of a grid, by key and by button. */
export type GridCommand =
  | 'undo'
  | 'redo'
  | 'fillDown'
  | 'fillAll'
  | 'selectAll'
  | 'copyRows'
  | 'deleteRows'

interface Chord {
  command: GridCommand
  /** Keys as the browser calls them, in lower case. */
  keys: readonly string[]
  shift?: true
}

/** With Ctrl (or the command key of a Mac). */
const chords: readonly Chord[] = [
  { command: 'undo', keys: ['z'] },
  { command: 'redo', keys: ['y'] },
  { command: 'redo', keys: ['z'], shift: true },
  { command: 'fillDown', keys: ['d'] },
  { command: 'copyRows', keys: ['d'], shift: true },
  { command: 'fillAll', keys: ['enter'] },
  { command: 'selectAll', keys: ['a'] },
  { command: 'deleteRows', keys: ['delete', 'backspace'] },
]

interface Pressed {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  shiftKey: boolean
  altKey: boolean
}

/** The command of a chord; undefined if it is none. */
export function commandOf(event: Pressed): GridCommand | undefined {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return undefined
  const key = event.key.toLowerCase()
  return chords.find(
    (chord) => chord.keys.includes(key) && (chord.shift ?? false) === event.shiftKey,
  )?.command
}

/** What the help lists: the keys and the text (grid.help.*) that says what they do. */
export const help = [
  { keys: ['↑ ↓ ← →', 'Tab'], text: 'move' },
  { keys: ['Ctrl+↑↓←→', 'Home', 'End'], text: 'jump' },
  { keys: ['Enter'], text: 'enter' },
  { keys: ['F2'], text: 'edit' },
  { keys: ['Esc'], text: 'escape' },
  { keys: ['Delete'], text: 'clear' },
  { keys: ['Shift+↑↓←→'], text: 'select' },
  { keys: ['Ctrl+A'], text: 'selectAll' },
  { keys: ['Ctrl+C', 'Ctrl+X', 'Ctrl+V'], text: 'clipboard' },
  { keys: ['Ctrl+D'], text: 'fillDown' },
  { keys: ['Ctrl+Enter'], text: 'fillAll' },
  { keys: ['Ctrl+Shift+D'], text: 'copyRows' },
  { keys: ['Ctrl+Delete'], text: 'deleteRows' },
  { keys: ['Ctrl+Z', 'Ctrl+Y'], text: 'undo' },
] as const
