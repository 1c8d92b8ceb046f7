import { copyOf } from '../patch'
import { cleared, fillAll, fillDown, type Sheet } from './cells'
import type { GridCommand } from './commands'
import type { GridCursor, GridOptions } from './use-grid-cursor'
import type { TableShape } from './use-table-shape'

/** What can be done with the selected cells and rows. */
export interface GridCommands {
  run: (command: GridCommand) => void
  /** Empties the selected cells. */
  clear: () => void
  copyRow: (row: number) => void
  deleteRow: (row: number) => void
}

/** The commands of a grid; each is one step that can be undone. */
export function gridCommands(
  options: GridOptions,
  cursor: GridCursor,
  can: TableShape['can'],
): GridCommands {
  const { model, table, columns, ids, readOnly } = options
  const history = model.history(table)
  const sheet = (): Sheet => ({
    table,
    columns,
    rows: model.rows(table),
    open: (path) => !readOnly && !model.stateOf(path).readOnly,
  })
  const write = (values: ReturnType<typeof cleared>) =>
    history.run(() => model.write(table, values))
  const selected = () => ids.slice(cursor.range.top, cursor.range.bottom + 1)

  const copyRows = (from: readonly string[], at: number) => {
    if (!can.copy || from.length === 0) return
    const rows = from.map((id) => {
      const { _id, ...values } = copyOf(model.columnsOf(table), model.row(table, id).row)
      return values
    })
    history.run(() => model.insertRows(table, rows, at))
    cursor.go({ row: at, column: cursor.active.column })
  }
  const deleteRows = (gone: readonly string[]) => {
    if (!can.delete || gone.length === 0) return
    history.run(() => model.deleteRows(table, gone))
    const row = Math.min(cursor.range.top, Math.max(0, ids.length - gone.length - 1))
    cursor.go({ row, column: cursor.active.column })
  }
  const commands: Record<GridCommand, () => void> = {
    undo: () => back(history.undo()),
    redo: () => back(history.redo()),
    fillDown: () => write(fillDown(sheet(), cursor.range)),
    fillAll: () => write(fillAll(sheet(), cursor.active, cursor.range)),
    selectAll: () =>
      cursor.select(
        { row: cursor.extent.rows - 1, column: cursor.extent.columns - 1 },
        { row: 0, column: 0 },
      ),
    copyRows: () => copyRows(selected(), cursor.range.bottom + 1),
    deleteRows: () => deleteRows(selected()),
  }
  /** The cursor stays where it is, inside what there is now. */
  const back = (changed: boolean) => {
    const last = Math.max(0, model.rows(table).length - 1)
    if (changed) cursor.go({ row: Math.min(cursor.active.row, last), column: cursor.active.column })
  }
  return {
    run: (command) => {
      if (cursor.editing) cursor.finish()
      if (command === 'selectAll' || !readOnly) commands[command]()
    },
    clear: () => write(cleared(sheet(), cursor.range)),
    copyRow: (row) => copyRows(ids.slice(row, row + 1), row + 1),
    deleteRow: (row) => deleteRows(ids.slice(row, row + 1)),
  }
}
