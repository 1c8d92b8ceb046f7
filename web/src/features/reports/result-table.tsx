import { Button, Table } from 'antd'
import type { ColumnType } from 'antd/es/table/interface'
import { useTranslation } from 'react-i18next'
import type { Column, Report, ReportRow } from '@/api/reports'
import { titleOf } from '@/lib/texts'
import { figure, isMoney, isNumeric, type Look, type MoneyUnit } from './figures'
import { byColumn } from './order'

interface ResultTableProps {
  report: Report
  columns: readonly Column[]
  unit: MoneyUnit
  /** Opens the records behind a row; its first cell leads there. */
  onDrill?: ((row: ReportRow) => void) | undefined
  /** How it is sorted, "-cost" for falling; undefined for the order of the dataset. */
  sort?: string | undefined
  onSort?: ((sort: string | undefined) => void) | undefined
  /** Rows on a page. */
  page?: number
}

type Numbered = ReportRow & { _no: number }

/** The table of a dataset, sums in the foot. */
export function ResultTable(props: ResultTableProps) {
  const { t } = useTranslation()
  const { report, columns, unit, onSort, page = 50 } = props
  const look: Look = { unit, refs: report.refs }
  const rows: Numbered[] = report.rows.map((row, index) => Object.assign({ _no: index }, row))
  const shown = columns.map((column, index) =>
    tableColumn(column, { ...props, look, first: index === 0 }),
  )
  const totals = report.totals ?? {}
  const summed = columns.some((column) => totals[column.name] !== undefined)
  return (
    <Table<Numbered>
      size="small"
      rowKey="_no"
      columns={shown}
      dataSource={rows}
      className="fw-result"
      scroll={{ x: 'max-content' }}
      showSorterTooltip={false}
      locale={{ emptyText: t('report.none') }}
      pagination={
        rows.length > page ? { pageSize: page, showSizeChanger: false, size: 'small' } : false
      }
      onChange={(_pages, _filters, sorter) => {
        const one = Array.isArray(sorter) ? sorter[0] : sorter
        const name = one?.order ? String(one.columnKey) : undefined
        onSort?.(name && one?.order === 'descend' ? `-${name}` : name)
      }}
      {...(summed && rows.length > 0
        ? { summary: () => <Totals columns={columns} totals={totals} look={look} /> }
        : {})}
    />
  )
}

interface ColumnLook extends ResultTableProps {
  look: Look
  first: boolean
}

function tableColumn(column: Column, props: ColumnLook): ColumnType<Numbered> {
  const { report, look, first, onDrill, onSort, sort } = props
  const { name } = column
  // Sorting here would be wrong if the server kept rows back.
  const whole = report.rows.length === report.count
  const order = sort === name ? 'ascend' : sort === `-${name}` ? 'descend' : null
  return {
    key: name,
    title: isMoney(column) && look.unit === 'wan' ? <InWan column={column} /> : titleOf(column),
    ...(isNumeric(column) ? { align: 'right' as const } : {}),
    ...(first ? { fixed: 'start' as const } : {}),
    ...(whole && onSort ? { sorter: byColumn(column, report.refs), sortOrder: order } : {}),
    render: (_, row) => {
      const text = figure(column, row[name], look)
      if (!first || !onDrill || !row._key) return text
      return (
        <Button type="link" size="small" className="fw-drill" onClick={() => onDrill(row)}>
          {text}
        </Button>
      )
    },
  }
}

function InWan({ column }: { column: Column }) {
  const { t } = useTranslation()
  return `${titleOf(column)} (${t('report.unit.wan')})`
}

interface TotalsProps {
  columns: readonly Column[]
  totals: NonNullable<Report['totals']>
  look: Look
}

function Totals({ columns, totals, look }: TotalsProps) {
  const { t } = useTranslation()
  return (
    <Table.Summary.Row>
      {columns.map((column, index) => {
        const total = totals[column.name]
        const text = total === undefined ? '' : figure(column, total, look)
        return (
          <Table.Summary.Cell
            key={column.name}
            index={index}
            align={isNumeric(column) ? 'right' : 'left'}
          >
            <strong>{index === 0 && text === '' ? t('grid.total') : text}</strong>
          </Table.Summary.Cell>
        )
      })}
    </Table.Summary.Row>
  )
}
