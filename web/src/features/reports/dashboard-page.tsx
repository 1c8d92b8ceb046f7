import './reports.css'
import { FullscreenExitOutlined, FullscreenOutlined, ReloadOutlined } from '@ant-design/icons'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import type { CSSProperties } from 'react'
import { useTranslation } from 'react-i18next'
import { reportQueries } from '@/api/reports'
import { ApiError } from '@/api/request'
import { currentLanguage } from '@/lib/i18n'
import { textOf, titleOf } from '@/lib/texts'
import { Failed } from '@/ui/failed'
import { Page } from '@/ui/page'
import { type FullScreen, useFullScreen } from '@/ui/use-full-screen'
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
  const full = useFullScreen()
  const run = useQuery({
    ...reportQueries.boardRun(name, given),
    refetchInterval: full.on ? refreshEvery : false,
  })
  const unit: MoneyUnit = state.unit ?? 'yuan'
  const runs = Object.values(run.data?.widgets ?? {})
  const money = runs.some((each) => 'columns' in each && each.columns.some(isMoney))
  const dates = runs.flatMap((each) => ('asOf' in each ? [each.asOf] : []))
  const problems = run.error instanceof ApiError ? run.error.problems : []
  const { widgets } = board
  const rows = Math.max(1, ...compacted(widgets).map(({ y, h }) => y + h))
  const page = (
    <Page
      title={titleOf(board)}
      note={
        <>
          {dates[0] && <AsOf date={dates[0]} />}
          {full.on && run.dataUpdatedAt > 0 && (
            <span className="fw-quiet">
              {t('report.refreshed', { time: clock(run.dataUpdatedAt) })}
            </span>
          )}
        </>
      }
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
          <ScreenButton full={full} />
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
        <div
          className="fw-board"
          style={{ '--rows': rows } as CSSProperties}
          aria-busy={run.isFetching}
        >
          {compacted(widgets).map((widget) => (
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
  return <div className={full.on ? 'fw-screen' : ''}>{page}</div>
}

/** How often a dashboard that has the whole screen, as on a wall of the site office, is made anew: milliseconds. */
const refreshEvery = 60_000

/** The time of day, to the second, where the screen hangs. */
function clock(at: number): string {
  return new Date(at).toLocaleTimeString(currentLanguage(), { hour12: false })
}

/** Takes the whole screen and gives it back. A phone that does not give it has nothing to gain: its page is the window. */
function ScreenButton({ full }: { full: FullScreen }) {
  const { t } = useTranslation()
  if (usePhone() && !full.real) return null
  return (
    <Button
      icon={full.on ? <FullscreenExitOutlined /> : <FullscreenOutlined />}
      aria-pressed={full.on}
      onClick={full.toggle}
    >
      {t(full.on ? 'report.leaveScreen' : 'report.screen')}
    </Button>
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
