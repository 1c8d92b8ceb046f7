import { App } from 'antd'
import type { ClipboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { cellPath } from '@/lib/path'
import { useFailureMessage } from '@/ui/use-failure-message'
import { shownValue } from '../fields/kinds'
import { useForm } from '../form-context'
import { pastedInto } from './cells'
import { formatCells, parseCells } from './clipboard'
import type { GridColumn } from './columns'
import type { GridCommands } from './grid-commands'
import { refuseText, resolvePasted } from './resolve-texts'
import type { GridCursor, GridOptions } from './use-grid-cursor'

/** Copies cells so that a spreadsheet takes them, and takes what a spreadsheet copied. */
export function useGridClipboard(
  { table, columns, ids, readOnly }: GridOptions,
  cursor: GridCursor,
  commands: GridCommands,
) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const { model, bundle } = useForm()
  const fail = useFailureMessage()

  const textAt = (id: string, column: GridColumn): string => {
    const value = model.row(table, id).row[column.name]
    if (value === undefined) return ''
    if (column.numeric) return String(value)
    return shownValue(value, {
      field: column.field,
      nameOf: (entity, of) => model.nameOf(entity, of),
      zone: bundle.zone,
    })
  }

  const insert = async (text: string) => {
    const at = cursor.range.top
    const pasted = pastedInto(parseCells(text), columns, cursor.range)
    const lookup = { entity: bundle.entity.name, table, values: model.values() }
    const { cells, names, odd } = await resolvePasted(lookup, columns, pasted)
    for (const { target, id, text: name } of names) model.learnName(target, id, name)
    model.history(table).run(() => model.paste(table, ids[at] ?? null, pasted.columns, cells))
    const rows = model.rowIds(table)
    for (const { line, column, text: unknown, why } of odd)
      refuseText(model, cellPath(table, rows[at + line] ?? '', column), unknown, why)
    if (cells.length < 2) return
    const { left } = cursor.range
    const width = Math.max(...cells.map((line) => line.length))
    const right = Math.min(columns.length, left + width) - 1
    cursor.select({ row: at + cells.length - 1, column: right }, { row: at, column: left })
  }

  const onCopy = (event: ClipboardEvent) => {
    if (cursor.editing) return
    const { top, bottom, left, right } = cursor.range
    const shown = columns.slice(left, right + 1)
    const cells = ids.slice(top, bottom + 1).map((id) => shown.map((column) => textAt(id, column)))
    event.clipboardData.setData('text/plain', formatCells(cells))
    event.preventDefault()
  }

  const onCut = (event: ClipboardEvent) => {
    if (cursor.editing || readOnly) return
    onCopy(event)
    commands.clear()
  }

  const onPaste = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData('text/plain')
    if (readOnly || text === '' || (cursor.editing && !/[\t\n]/.test(text))) return
    event.preventDefault()
    cursor.finish()
    if (model.hasEngine()) insert(text).catch(fail)
    else void message.info(t('grid.pasteLater'))
  }
  return { onCopy, onCut, onPaste }
}
