import type { CSSProperties } from 'react'
import { useTranslation } from 'react-i18next'
import type { PrintBlock, PrintColumn } from '@/api/prints'
import type { Wire } from '@/api/wire'
import { countOf } from './measure'
import type { Piece } from './pages'
import { alignOf, type Look, printed } from './values'

interface RowTableProps {
  block: PrintBlock
  piece?: Piece | undefined
  look: Look
}

/** A table with its head on every page, sums below, and rows without values struck out. */
export function RowTable({ block, piece, look }: RowTableProps) {
  const { t } = useTranslation()
  const { rows = [] } = block
  // The heading says what is counted; a unit in every cell would only take room.
  const columns = (block.columns ?? []).map(({ 'x-unit': _, ...column }) => column)
  const from = piece?.from ?? 0
  const to = piece?.to ?? countOf(block)
  const shown = Array.from({ length: to - from }, (_, i) => from + i)
  return (
    <>
      {block.title && <h3>{block.title}</h3>}
      <table className="fw-print-table">
        <Widths columns={columns} />
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col">
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((number) =>
            number < rows.length ? (
              <Row key={number} columns={columns} row={rows[number] ?? []} look={look} />
            ) : (
              <Empty
                key={number}
                columns={columns}
                begins={number === Math.max(from, rows.length)}
                rows={to - number}
                first={number === rows.length}
              />
            ),
          )}
        </tbody>
        {(piece?.last ?? true) && (block.totals || block.text) && (
          <tfoot>
            {block.totals && (
              <tr className="fw-print-total">
                {columns.map((column, index) => (
                  <td
                    key={column.name}
                    style={{ textAlign: index === 0 ? 'center' : alignOf(column) }}
                  >
                    {index === 0 ? t('grid.total') : printed(column, block.totals?.[index], look)}
                  </td>
                ))}
              </tr>
            )}
            {block.text && (
              <tr>
                <td colSpan={columns.length}>{block.text}</td>
              </tr>
            )}
          </tfoot>
        )}
      </table>
    </>
  )
}

/** The widths of columns in millimetres; those without share what is left. */
export function Widths({ columns }: { columns: readonly PrintColumn[] }) {
  return (
    <colgroup>
      {columns.map((column) => (
        <col key={column.name} style={column.width ? { width: `${column.width}mm` } : {}} />
      ))}
    </colgroup>
  )
}

interface RowProps {
  columns: readonly PrintColumn[]
  row: readonly (Wire | null)[]
  look: Look
}

function Row({ columns, row, look }: RowProps) {
  return (
    <tr>
      {columns.map((column, index) => (
        <td key={column.name} style={{ textAlign: alignOf(column) }}>
          {printed(column, row[index], look)}
        </td>
      ))}
    </tr>
  )
}

interface EmptyProps {
  columns: readonly PrintColumn[]
  /** It is the first of the empty ones on this page: the line through all of them begins here. */
  begins: boolean
  /** How many are struck out on this page. */
  rows: number
  /** It is the first of all: it says that nothing follows. */
  first: boolean
}

function Empty({ columns, begins, rows, first }: EmptyProps) {
  const { t } = useTranslation()
  return (
    <tr className="fw-print-empty">
      {columns.map((column, index) => (
        <td key={column.name}>
          {index === 0 && begins && (
            <span className="fw-print-strike" style={{ '--rows': rows } as CSSProperties}>
              <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
                <line x1="0" y1="100" x2="100" y2="0" vectorEffect="non-scaling-stroke" />
              </svg>
              {first && <b>{t('print.nothingBelow')}</b>}
            </span>
          )}
        </td>
      ))}
    </tr>
  )
}
