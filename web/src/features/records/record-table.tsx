import { Link } from '@tanstack/react-router'
import { Table } from 'antd'
import type { ColumnType, SorterResult } from 'antd/es/table/interface'
import { useTranslation } from 'react-i18next'
import type { Bundle } from '@/api/bundle'
import type { View, ViewColumn } from '@/api/definitions.gen'
import type { StoredRecord } from '@/api/records'
import { kindOf, shownValue } from '@/form/fields/kinds'
import { titleOf } from '@/lib/texts'
import { StateTag } from '@/ui/state-tag'
import { pathText, pathTitle, recordTitle } from './record-text'

interface RecordTableProps {
  bundle: Bundle
  view: View
  records: StoredRecord[]
  totals: Record<string, string> | undefined
  sort: string | undefined
  onSort: (sort: string | undefined) => void
  /** Ids of the records that are chosen, where some can be. */
  chosen?: string[]
  onChosen?: (ids: string[]) => void
}

const systemSorts: ReadonlySet<string> = new Set(['created_at', 'updated_at'])

/** A list on a desk: one line for a record, the columns of the view, sums below. */
export function RecordTable(props: RecordTableProps) {
  const { t } = useTranslation()
  const { bundle, view, records, totals, sort, onSort, chosen, onChosen } = props
  const shown = (view.columns ?? []).filter(
    (column) => bundle.entity.properties[column.field] || !isOwnField(column.field),
  )
  const columns = shown.map((column, index) =>
    columnOf(bundle, column, { first: index === 0, sort }),
  )
  return (
    <Table<StoredRecord>
      size="small"
      bordered={false}
      rowKey="id"
      columns={columns}
      dataSource={records}
      pagination={false}
      scroll={{ x: 'max-content' }}
      className="fw-table"
      showSorterTooltip={false}
      {...(chosen && onChosen
        ? {
            rowSelection: {
              selectedRowKeys: chosen,
              onChange: (keys) => onChosen(keys.map(String)),
              getCheckboxProps: (record) => ({ 'aria-label': recordTitle(bundle, record) }),
              // Its box would also stand, out of sight, in the row antd measures widths by.
              hideSelectAll: true,
            },
          }
        : {})}
      onChange={(_pages, _filters, sorter) => onSort(sortText(sorter))}
      {...(totals && Object.keys(totals).length > 0
        ? {
            summary: () => (
              <Table.Summary.Row>
                {shown.map((column, index) => (
                  <Table.Summary.Cell
                    key={column.field}
                    index={index}
                    align={isNumeric(bundle, column.field) ? 'right' : 'left'}
                  >
                    <strong>
                      {index === 0 ? t('grid.total') : totalText(bundle, totals, column.field)}
                    </strong>
                  </Table.Summary.Cell>
                ))}
              </Table.Summary.Row>
            ),
          }
        : {})}
    />
  )
}

/** A name without a dot that is neither a system field nor a field the reader knows is one hidden from him. */
function isOwnField(path: string): boolean {
  const system = ['id', 'rev', 'state', 'created_by', 'created_at', 'updated_by', 'updated_at']
  return !path.includes('.') && !system.includes(path)
}

function isNumeric(bundle: Bundle, path: string): boolean {
  const field = bundle.entity.properties[path]
  return field !== undefined && kindOf(field).numeric === true
}

function totalText(bundle: Bundle, totals: Record<string, string>, path: string): string {
  const field = bundle.entity.properties[path]
  const total = totals[path]
  if (!field || total === undefined) return ''
  return shownValue(total, { field, nameOf: () => undefined, zone: bundle.zone })
}

interface ColumnLook {
  first: boolean
  sort: string | undefined
}

function columnOf(bundle: Bundle, column: ViewColumn, look: ColumnLook): ColumnType<StoredRecord> {
  const path = column.field
  const sortable = systemSorts.has(path) || (bundle.entity.properties[path] && !path.includes('.'))
  const leading = look.sort?.split(',')[0]
  const order = leading === path ? 'ascend' : leading === `-${path}` ? 'descend' : null
  return {
    key: path,
    title: column.title ? titleOf(column) : pathTitle(bundle, path),
    ...(column.width ? { width: column.width } : {}),
    ...(isNumeric(bundle, path) ? { align: 'right' as const } : {}),
    ...(sortable ? { sorter: true, sortOrder: order } : {}),
    render: (_, record) => {
      if (path === 'state') return record.state ? <StateTag state={record.state} /> : null
      const text = pathText(bundle, record, path)
      const pictures = shownSmall(bundle, record, path)
      if (pictures) return pictures
      if (!look.first) return text
      return (
        <Link to="/e/$entity/r/$id" params={{ entity: record.entity, id: record.id }}>
          {text}
        </Link>
      )
    },
  }
}

/** What is more than a text: small pictures of photos. */
function shownSmall(bundle: Bundle, record: StoredRecord, path: string) {
  const field = bundle.entity.properties[path]
  const value = record.values[path]
  const Shown = field && kindOf(field).Shown
  if (!Shown || value === undefined) return undefined
  const nameOf = (entity: string, id: string) => record.refs?.[`${entity}/${id}`]
  return <Shown value={value} showing={{ field, nameOf, zone: bundle.zone }} small />
}

function sortText(
  sorter: SorterResult<StoredRecord> | SorterResult<StoredRecord>[],
): string | undefined {
  const one = Array.isArray(sorter) ? sorter[0] : sorter
  if (!one?.order || one.columnKey === undefined) return undefined
  return one.order === 'descend' ? `-${one.columnKey}` : String(one.columnKey)
}
