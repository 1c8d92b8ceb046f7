import { Skeleton, theme } from 'antd'
import { lazy, Suspense, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { Widget } from '@/api/definitions.gen'
import type { Report, ReportRow } from '@/api/reports'
import { currentLanguage } from '@/lib/i18n'
import { textOf, titleOf } from '@/lib/texts'
import { Nothing } from '@/ui/nothing'
import { usePhone } from '@/ui/use-phone'
import { chartOption, single } from './chart-options'
import { figure, isMoney, type MoneyUnit, unitAlone } from './figures'
import { paletteOf } from './palette'
import { columnsOf, namesOf } from './plot'
import { ResultTable } from './result-table'

// Drawing is a quarter of a megabyte: only those who look at charts load it.
const Canvas = lazy(async () => ({ default: (await import('./canvas')).Canvas }))

interface WidgetBodyProps {
  widget: Widget
  report: Report
  unit: MoneyUnit
  /** The table instead of the drawing. */
  asTable: boolean
  onDrill: ((row: ReportRow) => void) | undefined
}

/** What stands in a card. */
export function WidgetBody(props: WidgetBodyProps) {
  const { t } = useTranslation()
  const { widget, report, asTable } = props
  // Nothing to pay is a figure, too.
  if (widget.type === 'number') return <NumberTile {...props} />
  if (report.rows.length === 0) return <Nothing text={t('report.none')} />
  if (asTable || widget.type === 'table') return <WidgetTable {...props} />
  switch (widget.type) {
    case 'list':
      return <RowList {...props} />
    default:
      return <WidgetChart {...props} />
  }
}

/** The columns a widget shows in its table: those it names, or all there are. */
export function shownColumns(widget: Widget, report: Report) {
  const named = [...namesOf(widget.dimension), ...namesOf(widget.measure)]
  return named.length === 0 ? report.columns : columnsOf(report, named)
}

function WidgetTable({ widget, report, unit, onDrill }: WidgetBodyProps) {
  return (
    <ResultTable
      report={report}
      columns={shownColumns(widget, report)}
      unit={unit}
      onDrill={onDrill}
      page={20}
    />
  )
}

function NumberTile({ widget, report, unit, onDrill }: WidgetBodyProps) {
  const { t } = useTranslation()
  const [column] = columnsOf(report, widget.measure)
  const [row] = report.rows
  if (!column) return <Nothing text={t('report.none')} />
  const value = single(report, column)
  const alone = isMoney(column) ? unitAlone(value, unit) : unit
  const text = figure(column, value, { unit: alone, refs: report.refs })
  const said = (
    <>
      <span className="fw-figure-text">{text}</span>
      {isMoney(column) && <span className="fw-figure-unit">{t(`report.unit.${alone}`)}</span>}
    </>
  )
  if (onDrill && row?._key && report.rows.length === 1) {
    return (
      <button type="button" className="fw-figure" onClick={() => onDrill(row)}>
        {said}
      </button>
    )
  }
  return <p className="fw-figure">{said}</p>
}

function RowList({ widget, report, unit, onDrill }: WidgetBodyProps) {
  const look = { unit, refs: report.refs }
  const columns = shownColumns(widget, report)
  const [head, ...rest] = columns
  if (!head) return null
  return (
    <ul className="fw-row-list">
      {report.rows.slice(0, maxListed).map((row, index) => {
        const title = figure(head, row[head.name], look)
        return (
          // The rows of a table have no id; their order is their identity.
          // biome-ignore lint/suspicious/noArrayIndexKey: as said
          <li key={index}>
            {onDrill && row._key ? (
              <button type="button" onClick={() => onDrill(row)}>
                {title}
              </button>
            ) : (
              <span>{title}</span>
            )}
            <span className="fw-row-list-rest">
              {rest.map((column) => (
                <span key={column.name}>
                  <span className="fw-row-list-name">{titleOf(column)}</span>{' '}
                  {figure(column, row[column.name], look)}
                </span>
              ))}
            </span>
          </li>
        )
      })}
    </ul>
  )
}

/** How many rows a list shows; the table has them all. */
const maxListed = 100

function WidgetChart(props: WidgetBodyProps) {
  const { t } = useTranslation()
  const { widget, report, unit, onDrill } = props
  const phone = usePhone()
  const { token } = theme.useToken()
  const lang = currentLanguage()
  const others = t('report.others')
  const option = useMemo(
    () =>
      chartOption(widget, report, {
        unit,
        refs: report.refs,
        palette: paletteOf(token),
        phone,
        lang,
        others,
      }),
    [widget, report, unit, token, phone, lang, others],
  )
  const pick = useMemo(() => {
    if (!onDrill) return undefined
    return (rows: number[]) => {
      const [only] = rows
      const row = only === undefined ? undefined : report.rows[only]
      // A mark made from several rows has no records of its own; the table has each row.
      if (row && rows.length === 1) onDrill(row)
    }
  }, [onDrill, report])
  if (!option) return <WidgetTable {...props} />
  const measures = columnsOf(report, widget.measure).map((column) => titleOf(column))
  const label = t('report.chart', {
    kind: t(`report.kind.${widget.type}`),
    title: textOf(widget, 'title') ?? widget.name,
    measures: measures.join(t('report.and')),
  })
  return (
    <Suspense fallback={<Skeleton.Node active className="fw-chart" />}>
      <Canvas option={option} label={label} onPick={pick} />
    </Suspense>
  )
}
