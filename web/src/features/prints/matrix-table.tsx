import { Fragment } from 'react'
import { useTranslation } from 'react-i18next'
import type { PrintBlock, PrintMatrix } from '@/api/prints'
import { countOf } from './measure'
import type { Piece } from './pages'
import { alignOf, type Look, printed } from './values'

interface MatrixTableProps {
  block: PrintBlock
  piece?: Piece | undefined
  look: Look
}

/** A month: a row for each worker with a line for each number, a column for each day. */
export function MatrixTable({ block, piece, look }: MatrixTableProps) {
  const { t } = useTranslation()
  const { columns = [], matrix } = block
  if (!matrix) return null
  const lead = columns.filter((column) => !column.blank)
  const blank = columns.filter((column) => column.blank)
  const rows = matrix.rows.slice(piece?.from ?? 0, piece?.to ?? countOf(block))
  const height = matrix.lines.length
  return (
    <>
      {block.title && <h3>{block.title}</h3>}
      <table className="fw-print-table fw-print-matrix">
        <colgroup>
          {lead.map((column) => (
            <col key={column.name} style={column.width ? { width: `${column.width}mm` } : {}} />
          ))}
          <col style={{ width: '11mm' }} />
          {matrix.days.map((day) => (
            <col key={day} />
          ))}
          <col style={{ width: '15mm' }} />
          {blank.map((column) => (
            <col key={column.name} style={{ width: `${column.width ?? 24}mm` }} />
          ))}
        </colgroup>
        <MatrixHead block={block} matrix={matrix} />
        <tbody>
          {rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows keep their place
            <Fragment key={index}>
              {matrix.lines.map((line, at) => (
                <tr key={line.name}>
                  {at === 0 &&
                    lead.map((column, place) => (
                      <td key={column.name} rowSpan={height} style={{ textAlign: alignOf(column) }}>
                        {printed(column, row.lead[place], look)}
                      </td>
                    ))}
                  <th scope="row">{line.title}</th>
                  {matrix.days.map((day) => (
                    <td key={day}>{printed(line, row.cells[at]?.[day - 1], look)}</td>
                  ))}
                  <td>
                    <strong>{printed(line, row.totals[at], look)}</strong>
                  </td>
                  {at === 0 && blank.map((column) => <td key={column.name} rowSpan={height} />)}
                </tr>
              ))}
            </Fragment>
          ))}
          {matrix.rows.length === 0 && (
            <tr>
              <td colSpan={lead.length + matrix.days.length + blank.length + 2}>
                {t('report.none')}
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </>
  )
}

function MatrixHead({ block, matrix }: { block: PrintBlock; matrix: PrintMatrix }) {
  const { t } = useTranslation()
  const { columns = [] } = block
  return (
    <thead>
      <tr>
        {columns
          .filter((column) => !column.blank)
          .map((column) => (
            <th key={column.name} scope="col">
              {column.title}
            </th>
          ))}
        <td />
        {matrix.days.map((day, index) => (
          <th
            key={day}
            scope="col"
            className={(matrix.weekdays[index] ?? 0) > 5 ? 'fw-print-weekend' : undefined}
          >
            {day}
          </th>
        ))}
        <th scope="col">{t('grid.total')}</th>
        {columns
          .filter((column) => column.blank)
          .map((column) => (
            <th key={column.name} scope="col">
              {column.title}
            </th>
          ))}
      </tr>
    </thead>
  )
}
