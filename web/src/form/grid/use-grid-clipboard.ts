import { App } from 'antd'
import type { ClipboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { useFailureMessage } from '@/ui/use-failure-message'
import { shownValue } from '../fields/kinds'
import { useForm } from '../form-context'
import { formatCells, parseCells } from './clipboard'
import type { GridColumn } from './columns'
import { resolvePasted } from './resolve-pasted'
import type { GridCursor, GridOptions } from './use-grid-cursor'

/** Copies cells so that a spreadsheet takes them, and takes what a spreadsheet copied. */
export function useGridClipboard(
  { table, columns, ids, readOnly }: GridOptions,
  cursor: GridCursor,
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
    const row = ids[cursor.active.row] ?? null
    const into = columns.slice(cursor.active.column)
    const cells = parseCells(text).map((line) => line.slice(0, into.length))
    const resolved = await resolvePasted(bundle.entity.name, table, into, cells, model.values())
    for (const name of resolved.names) model.learnName(name.target, name.id, name.text)
    const names = into.map((column) => column.name)
    model.paste(table, row, names, resolved.cells)
  }

  const onCopy = (event: ClipboardEvent) => {
    if (cursor.editing) return
    const { top, bottom, left, right } = cursor.range
    const shown = columns.slice(left, right + 1)
    const cells = ids.slice(top, bottom + 1).map((id) => shown.map((column) => textAt(id, column)))
    event.clipboardData.setData('text/plain', formatCells(cells))
    event.preventDefault()
  }

  const onPaste = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData('text/plain')
    if (readOnly || text === '' || (cursor.editing && !/[\t\n]/.test(text))) return
    event.preventDefault()
    cursor.finish()
    if (model.hasEngine()) insert(text).catch(fail)
    else void message.info(t('grid.pasteLater'))
  }
  return { onCopy, onPaste }
}
