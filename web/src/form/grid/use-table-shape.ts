import { useMemo } from 'react'
import type { Field } from '@/api/bundle'
import type { FormItem } from '@/api/definitions.gen'
import { useForm } from '../form-context'
import { useField, useRowIds } from '../use-model'
import { columnsOf, type GridColumn } from './columns'

/** What of a sub-table is shown and what may be done with its rows. */
export interface TableShape {
  ids: readonly string[]
  columns: readonly GridColumn[]
  /** No cell can be changed. */
  fixed: boolean
  can: Record<'add' | 'delete' | 'copy' | 'paste', boolean>
}

/** The visible columns and permitted actions of a sub-table now. */
export function useTableShape(table: string, field: Field, item: FormItem | undefined): TableShape {
  const { model, readOnly } = useForm()
  const ids = useRowIds(model, table)
  const { state } = useField(model, table)
  const all = useMemo(() => columnsOf(field, item), [field, item])
  const hidden = all
    .filter((column) => model.stateOf(`${table}.${column.name}`).hidden)
    .map((column) => column.name)
    .join()
  const columns = useMemo(() => {
    const gone = new Set(hidden.split(','))
    return all.filter((column) => !gone.has(column.name))
  }, [all, hidden])
  const fixed = readOnly
  // A node may open single columns of a table whose rows are not the approver's to add or remove.
  const rowsFixed = fixed || state.readOnly === true
  const allowed = (action: 'add' | 'delete' | 'copy' | 'paste') =>
    !rowsFixed && (item?.actions?.includes(action) ?? true)
  const room = ids.length < (field.maxItems ?? 5000)
  return {
    ids,
    columns,
    fixed,
    can: {
      add: allowed('add') && room,
      delete: allowed('delete'),
      copy: allowed('copy') && allowed('add') && room,
      paste: allowed('paste'),
    },
  }
}
