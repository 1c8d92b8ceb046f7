import './reports.css'
import { ReloadOutlined } from '@ant-design/icons'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { reportQueries } from '@/api/reports'
import { ApiError } from '@/api/request'
import { textOf, titleOf } from '@/lib/texts'
import { Failed } from '@/ui/failed'
import { Page } from '@/ui/page'
import { usePhone } from '@/ui/use-phone'
import { AsOf } from './as-of'
import { isMoney, type MoneyUnit } from './figures'
import { readParams } from './params'
import { ParamsBar } from './params-bar'
import { compacted } from './place'
import { type ReportState, withParams, withUnit } from './state'
import { UnitSwitch } from './unit-switch'
import { WidgetCard } from './widget-card'

interface DashboardPageProps {
  name: string
  state: ReportState
  onState: (state: ReportState) => void
}

/** A page of widgets over datasets. */
export function DashboardPage({ name, state, onState }: DashboardPageProps) {
  const { t } = useTranslation()
  const phone = usePhone()
  const { data: board } = useSuspenseQuery(reportQueries.board(name))
  const given = readParams(state.p, board.params)
  const run = useQuery(reportQueries.boardRun(name, given))
  const unit: MoneyUnit = state.unit ?? 'yuan'
  const runs = Object.values(run.data?.widgets ?? {})
  const money = runs.some((each) => 'columns' in each && each.columns.some(isMoney))
  const dates = runs.flatMap((each) => ('asOf' in each ? [each.asOf] : []))
  const problems = run.error instanceof ApiError ? run.error.problems : []
  return (
    <Page
      title={titleOf(board)}
      note={dates[0] && <AsOf date={dates[0]} />}
      actions={
        <>
          {money && <UnitSwitch unit={unit} onChange={(next) => onState(withUnit(state, next))} />}
          <Button
            icon={<ReloadOutlined />}
            loading={run.isFetching}
            onClick={() => void run.refetch()}
          >
            {t('report.again')}
          </Button>
        </>
      }
    >
      {textOf(board, 'description') && <p className="fw-quiet">{textOf(board, 'description')}</p>}
      {board.params && (
        <ParamsBar
          params={board.params}
          given={given}
          inForce={run.data?.params}
          problems={problems}
          onChange={(next) => onState(withParams(state, next))}
        />
      )}
      {run.error && problems.length === 0 && (
        <Failed error={run.error} onRetry={() => void run.refetch()} />
      )}
      {!run.error && (
        <div className="fw-board" aria-busy={run.isFetching}>
          {compacted(board.widgets).map((widget) => (
            <div
              key={widget.name}
              className={phone && isSmall(widget) ? 'fw-half' : ''}
              style={phone ? { minHeight: phoneHeight(widget) } : gridArea(widget)}
            >
              <WidgetCard
                widget={widget}
                run={run.data?.widgets[widget.name]}
                params={run.data?.params}
                unit={unit}
              />
            </div>
          ))}
        </div>
      )}
    </Page>
  )
}

interface Placed {
  x: number
  y: number
  w: number
  h: number
  type: string
}

function gridArea({ x, y, w, h }: Placed) {
  return { gridColumn: `${x + 1} / span ${w}`, gridRow: `${y + 1} / span ${h}` }
}

/** What stands beside another on a phone: one figure, in a narrow card. */
function isSmall({ type, w }: Placed): boolean {
  return w <= 3 && (type === 'number' || type === 'gauge')
}

/** Charts need a height to draw in; everything else is as high as it is. */
function phoneHeight({ type }: Placed): number {
  if (type === 'number' || type === 'table' || type === 'list') return 0
  return type === 'gauge' ? 0 : 300
}
