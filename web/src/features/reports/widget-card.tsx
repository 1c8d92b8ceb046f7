import { BarChartOutlined, ExpandOutlined, TableOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button, Modal, Skeleton, Tooltip } from 'antd'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Widget } from '@/api/definitions.gen'
import { type MenuItem, menuQueries } from '@/api/menu'
import { type Report, reportOf, type WidgetRun } from '@/api/reports'
import type { Values } from '@/api/wire'
import { explain } from '@/lib/problems/explain'
import { titleOf } from '@/lib/texts'
import { isMoney, type MoneyUnit } from './figures'
import { Notes } from './notes'
import { writeParams } from './params'
import { useDrill } from './use-drill'
import { shownColumns, WidgetBody } from './widget-body'

interface WidgetCardProps {
  widget: Widget
  /** Undefined while it is being made. */
  run: WidgetRun | undefined
  /** In force on the dashboard. */
  params: Values | undefined
  unit: MoneyUnit
}

/** A card of a dashboard. What failed in it does not concern the others. */
export function WidgetCard(props: WidgetCardProps) {
  const { t } = useTranslation()
  const { widget, run, unit } = props
  const [asTable, setAsTable] = useState(false)
  const [full, setFull] = useState(false)
  const title = titleOf(widget)
  const report = run && !('failure' in run) ? run : undefined
  const drawn = !['table', 'list', 'number'].includes(widget.type)
  const scrolls = asTable || ['table', 'list'].includes(widget.type)
  const money = report && drawn && shownColumns(widget, report).some(isMoney)
  const body = <CardBody {...props} asTable={asTable} />
  const toggle = drawn && (
    <Tool
      label={t(asTable ? 'report.asChart' : 'report.asTable', { title })}
      icon={asTable ? <BarChartOutlined /> : <TableOutlined />}
      onClick={() => setAsTable(!asTable)}
    />
  )
  return (
    <section className={`fw-widget fw-widget-${widget.type}`} aria-label={title}>
      <header>
        <h2 title={title}>
          <CardTitle {...props} title={title} />
        </h2>
        {money && <span className="fw-quiet">{t(`report.unit.${unit}`)}</span>}
        <span className="fw-widget-tools">
          {toggle}
          {widget.type !== 'number' && (
            <Tool
              label={t('report.full', { title })}
              icon={<ExpandOutlined />}
              onClick={() => setFull(true)}
            />
          )}
        </span>
      </header>
      {scrolls ? (
        // Reached by the keyboard, as what does not fit is scrolled to.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: as said
        <div className="fw-widget-body" tabIndex={0}>
          {!full && body}
        </div>
      ) : (
        <div className="fw-widget-body">{!full && body}</div>
      )}
      <Modal
        open={full}
        onCancel={() => setFull(false)}
        footer={null}
        title={
          <span className="fw-full-title">
            {title}
            {toggle}
          </span>
        }
        width="100%"
        className="fw-full"
        destroyOnHidden
      >
        <div className={`fw-full-body fw-widget-${widget.type}`}>{body}</div>
      </Modal>
    </section>
  )
}

interface ToolProps {
  label: string
  icon: ReactNode
  onClick: () => void
}

function Tool({ label, icon, onClick }: ToolProps) {
  return (
    <Tooltip title={label}>
      <Button type="text" size="small" icon={icon} aria-label={label} onClick={onClick} />
    </Tooltip>
  )
}

function CardBody({ widget, run, params, unit, asTable }: WidgetCardProps & { asTable: boolean }) {
  const drill = useDrill(widget.dataset, run && 'params' in run ? run.params : params)
  if (!run) return <Skeleton active title={false} paragraph={{ rows: widget.h > 2 ? 4 : 1 }} />
  let report: Report
  try {
    report = reportOf(run)
  } catch (error) {
    return (
      <p role="alert" className="fw-quiet">
        {explain(error)}
      </p>
    )
  }
  return (
    <>
      <Notes report={report} />
      <WidgetBody
        widget={widget}
        report={report}
        unit={unit}
        asTable={asTable}
        onDrill={report.rows.some((row) => row._key) ? drill : undefined}
      />
    </>
  )
}

function viewIn(items: readonly MenuItem[], view: string): MenuItem | undefined {
  for (const item of items) {
    if (item.view === view) return item
    const inner = viewIn(item.items ?? [], view)
    if (inner) return inner
  }
  return undefined
}

/** The title of a card leads to what the widget links to, with the same params; a view only if the menu offers it. */
function CardTitle({ widget, params, title }: WidgetCardProps & { title: string }) {
  const { data: menu } = useQuery(menuQueries.all())
  const { link } = widget
  const p = writeParams(params ?? {})
  const search = p ? { p } : {}
  if (link?.dataset) {
    return (
      <Link to="/q/$dataset" params={{ dataset: link.dataset }} search={search}>
        {title}
      </Link>
    )
  }
  if (link?.dashboard) {
    return (
      <Link to="/d/$dashboard" params={{ dashboard: link.dashboard }} search={search}>
        {title}
      </Link>
    )
  }
  const item = link?.view && menu ? viewIn(menu, link.view) : undefined
  if (!item?.entity || !item.view) return title
  return (
    <Link to="/e/$entity/v/$view" params={{ entity: item.entity, view: item.view }}>
      {title}
    </Link>
  )
}
