import { useTranslation } from 'react-i18next'
import { total } from '@/lib/decimal'
import { shownValue } from '../fields/kinds'
import { useForm } from '../form-context'
import { useInside } from '../use-model'
import type { GridColumn } from './columns'

interface PartProps {
  table: string
  columns: readonly GridColumn[]
  /** There is a column of buttons. */
  tools: boolean
}

/** The heading of a grid. */
export function GridHead({ table, columns, tools }: PartProps) {
  const { t } = useTranslation()
  const { model, readOnly } = useForm()
  return (
    <thead>
      <tr aria-rowindex={1}>
        <th scope="col" className="fw-grid-no">
          <span className="fw-sr">{t('grid.no')}</span>
        </th>
        {columns.map((column) => (
          <th
            key={column.name}
            scope="col"
            style={{ width: column.width }}
            className={column.numeric ? 'fw-number' : ''}
          >
            {column.title}
            {!readOnly && model.stateOf(`${table}.${column.name}`).required && (
              <span className="fw-required" aria-hidden="true">
                *
              </span>
            )}
          </th>
        ))}
        {tools && (
          <th scope="col" className="fw-grid-tools">
            <span className="fw-sr">{t('grid.tools')}</span>
          </th>
        )}
      </tr>
    </thead>
  )
}

/** The totals below a grid; nothing where no column has one. */
export function GridFoot({ table, columns, tools }: PartProps) {
  const { t } = useTranslation()
  if (!columns.some((column) => column.total)) return null
  return (
    <tfoot>
      <tr>
        <th scope="row" className="fw-grid-no">
          {t('grid.total')}
        </th>
        {columns.map((column) => (
          <td key={column.name} className="fw-number">
            <Total table={table} column={column} />
          </td>
        ))}
        {tools && <td className="fw-grid-tools" />}
      </tr>
    </tfoot>
  )
}

/** What stands below a column as it is now. */
export function Total({ table, column }: { table: string; column: GridColumn }) {
  const { model } = useForm()
  const { total: kind, name, field } = column
  const text = useInside(model, table, () => {
    if (!kind) return ''
    const values = model.rows(table).map((row) => row[name])
    return total(kind, values, field['x-scale'] ?? 2) ?? ''
  })
  if (text === '' || kind === 'count') return text
  return shownValue(text, { field, nameOf: () => undefined, zone: undefined })
}
