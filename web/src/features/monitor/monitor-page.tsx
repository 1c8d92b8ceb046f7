import './monitor.css'
import { useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button, Table } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type FlowLoad, type Monitor, monitorQueries, type NodeLoad } from '@/api/monitor'
import { nodeText } from '@/form/verbs/needs'
import { fromNow, lengthOf } from '@/lib/time'
import { Boundary } from '@/ui/boundary'
import { Nothing } from '@/ui/nothing'
import { Page } from '@/ui/page'
import { RowCard } from '@/ui/row-card'
import { TabBar } from '@/ui/tab-bar'
import { useNow } from '@/ui/use-now'
import { usePhone } from '@/ui/use-phone'
import { MigrateDialog } from './migrate-dialog'
import { OpenTasks } from './open-tasks'
import { Runs } from './runs'

type Tab = 'flows' | 'stuck' | 'running' | 'tasks'

/** How the flows a person administers are doing: what is stuck or late, where it waits, and how to free it. */
export function MonitorPage() {
  const { t } = useTranslation()
  const [tab, setTab] = useState<Tab>('flows')
  const { data } = useSuspenseQuery(monitorQueries.all())
  const sum = (of: (load: FlowLoad) => number) =>
    data.flows.reduce((all, load) => all + of(load), 0)
  const counts: Record<Tab, number> = {
    flows: 0,
    stuck: sum((load) => load.suspended),
    running: sum((load) => load.running),
    tasks: sum((load) => load.overdue),
  }
  return (
    <Page title={t('monitor.title')}>
      <dl className="fw-figures">
        <Figure label={t('monitor.running')} value={counts.running} />
        <Figure label={t('monitor.returned')} value={sum((load) => load.returned)} />
        <Figure label={t('monitor.suspended')} value={counts.stuck} bad={counts.stuck > 0} />
        <Figure label={t('monitor.overdue')} value={counts.tasks} bad={counts.tasks > 0} />
      </dl>
      <TabBar
        label={t('monitor.title')}
        selected={tab}
        onSelect={setTab}
        tabs={(['flows', 'stuck', 'running', 'tasks'] as const).map((key) => ({
          key,
          label: t(`monitor.tab.${key}`),
        }))}
      >
        <Boundary>
          {tab === 'flows' && <Loads monitor={data} />}
          {tab === 'stuck' && <Runs state="suspended" flows={data.flows} />}
          {tab === 'running' && <Runs state="" flows={data.flows} />}
          {tab === 'tasks' && <OpenTasks people={data.people} flows={data.flows} />}
        </Boundary>
      </TabBar>
    </Page>
  )
}

function Figure({ label, value, bad = false }: { label: string; value: number; bad?: boolean }) {
  return (
    <div className={bad ? 'fw-figure fw-figure-bad' : 'fw-figure'}>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  )
}

function Loads({ monitor }: { monitor: Monitor }) {
  const { t } = useTranslation()
  const phone = usePhone()
  const [migrating, setMigrating] = useState<FlowLoad | undefined>()
  if (monitor.flows.length === 0) return <Nothing text={t('monitor.none')} />
  const titles = new Map(monitor.flows.map((load) => [load.flow, load.title]))
  const flows = { loads: monitor.flows, onMigrate: setMigrating }
  const nodes = { loads: monitor.nodes, titles }
  return (
    <>
      <h2 className="fw-monitor-head">{t('monitor.byFlow')}</h2>
      {phone ? <FlowCards {...flows} /> : <FlowTable {...flows} />}
      <h2 className="fw-monitor-head">{t('monitor.byNode')}</h2>
      {phone ? <NodeCards {...nodes} /> : <NodeTable {...nodes} />}
      {migrating && <MigrateDialog flow={migrating} onClose={() => setMigrating(undefined)} />}
    </>
  )
}

interface FlowsProps {
  loads: readonly FlowLoad[]
  onMigrate: (load: FlowLoad) => void
}

function FlowTable({ loads, onMigrate }: FlowsProps) {
  const { t } = useTranslation()
  return (
    <Table<FlowLoad>
      size="small"
      rowKey="flow"
      pagination={false}
      scroll={{ x: 'max-content' }}
      dataSource={loads}
      columns={[
        {
          title: t('monitor.flow'),
          render: (_, load) => (
            <Link to="/flows/$name" params={{ name: load.flow }}>
              {load.title}
            </Link>
          ),
        },
        { title: t('monitor.running'), dataIndex: 'running', align: 'right' },
        { title: t('monitor.returned'), dataIndex: 'returned', align: 'right' },
        { title: t('monitor.suspended'), dataIndex: 'suspended', align: 'right' },
        { title: t('monitor.overdue'), dataIndex: 'overdue', align: 'right' },
        {
          key: 'migrate',
          render: (_, load) => <Migrate load={load} onMigrate={onMigrate} />,
        },
      ]}
    />
  )
}

function FlowCards({ loads, onMigrate }: FlowsProps) {
  const { t } = useTranslation()
  return (
    <ul className="fw-row-cards">
      {loads.map((load) => (
        <RowCard
          key={load.flow}
          head={
            <Link to="/flows/$name" params={{ name: load.flow }}>
              {load.title}
            </Link>
          }
          lines={(['running', 'returned', 'suspended', 'overdue'] as const).map((figure) => ({
            title: t(`monitor.${figure}`),
            text: load[figure],
          }))}
        >
          <Migrate load={load} onMigrate={onMigrate} />
        </RowCard>
      ))}
    </ul>
  )
}

function Migrate({ load, onMigrate }: { load: FlowLoad; onMigrate: (load: FlowLoad) => void }) {
  const { t } = useTranslation()
  const runs = load.running + load.returned + load.suspended
  if (runs === 0 || !load.can.includes('migrate')) return null
  return (
    <Button size="small" onClick={() => onMigrate(load)}>
      {t('monitor.migrate')}
    </Button>
  )
}

interface NodesProps {
  loads: readonly NodeLoad[]
  /** Of flows, by name. */
  titles: ReadonlyMap<string, string>
}

function NodeTable({ loads, titles }: NodesProps) {
  const { t } = useTranslation()
  const now = useNow()
  return (
    <Table<NodeLoad>
      size="small"
      rowKey={(load) => `${load.flow}/${load.node}`}
      pagination={false}
      scroll={{ x: 'max-content' }}
      dataSource={loads}
      columns={[
        { title: t('monitor.flow'), render: (_, load) => titles.get(load.flow) ?? load.flow },
        { title: t('monitor.node'), render: (_, load) => nodeText(load.node, load.title) },
        { title: t('monitor.open'), dataIndex: 'open', align: 'right' },
        { title: t('monitor.overdue'), dataIndex: 'overdue', align: 'right' },
        {
          title: t('monitor.oldest'),
          render: (_, load) => load.oldest && fromNow(load.oldest, now),
        },
        { title: t('monitor.handled'), dataIndex: 'handled', align: 'right' },
        {
          title: t('monitor.average'),
          render: (_, load) => load.average && lengthOf(Number(load.average) * 1000),
        },
      ]}
    />
  )
}

function NodeCards({ loads, titles }: NodesProps) {
  const { t } = useTranslation()
  const now = useNow()
  return (
    <ul className="fw-row-cards">
      {loads.map((load) => (
        <RowCard
          key={`${load.flow}/${load.node}`}
          head={nodeText(load.node, load.title)}
          lines={[
            { title: t('monitor.flow'), text: titles.get(load.flow) ?? load.flow },
            { title: t('monitor.open'), text: load.open },
            { title: t('monitor.overdue'), text: load.overdue },
            { title: t('monitor.oldest'), text: load.oldest && fromNow(load.oldest, now) },
            { title: t('monitor.handled'), text: load.handled },
            {
              title: t('monitor.average'),
              text: load.average && lengthOf(Number(load.average) * 1000),
            },
          ]}
        />
      ))}
    </ul>
  )
}
