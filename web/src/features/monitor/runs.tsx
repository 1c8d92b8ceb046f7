import { useMutation, useQueryClient, useSuspenseInfiniteQuery } from '@tanstack/react-query'
import { App, Button, Table } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type FlowLoad, monitorQueries, type Run, type RunState } from '@/api/monitor'
import { commandRecord, recordQueries } from '@/api/records'
import { Attempt } from '@/api/request'
import { nodeText } from '@/form/verbs/needs'
import { translateIfKnown } from '@/lib/i18n'
import { fromNow } from '@/lib/time'
import { Boundary } from '@/ui/boundary'
import { Nothing } from '@/ui/nothing'
import { RowCard } from '@/ui/row-card'
import { StateTag } from '@/ui/state-tag'
import { useNow } from '@/ui/use-now'
import { usePhone } from '@/ui/use-phone'
import { FlowSelect } from './flow-select'
import { OnlyWatching } from './only-watching'
import { ReasonDialog } from './reason-dialog'
import { Subject } from './subject'

interface Asked {
  run: Run
  verb: 'retry' | 'terminate'
}

interface RunsProps {
  state: RunState | ''
  flows: readonly FlowLoad[]
}

/** Runs that have not ended, all or the stuck ones, with what frees or ends them. */
export function Runs({ state, flows }: RunsProps) {
  const [flow, setFlow] = useState('')
  return (
    <>
      <div className="fw-monitor-tools">
        <FlowSelect flows={flows} value={flow} onChange={setFlow} />
      </div>
      <Boundary>
        <RunList flow={flow} state={state} />
      </Boundary>
    </>
  )
}

function RunList({ flow, state }: { flow: string; state: RunState | '' }) {
  const { t } = useTranslation()
  const phone = usePhone()
  const [asked, setAsked] = useState<Asked | undefined>()
  const list = useSuspenseInfiniteQuery(monitorQueries.runs(flow, state))
  const runs = list.data.pages.flatMap((page) => page.runs)
  if (runs.length === 0) {
    return <Nothing text={t(state === 'suspended' ? 'monitor.noneStuck' : 'monitor.noneRunning')} />
  }
  return (
    <>
      {runs.some((run) => run.can.length === 0) && <OnlyWatching />}
      {phone ? (
        <RunCards runs={runs} onAsk={setAsked} />
      ) : (
        <RunTable runs={runs} onAsk={setAsked} />
      )}
      {list.hasNextPage && (
        <Button block loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('common.more')}
        </Button>
      )}
      {asked && <Command {...asked} onClose={() => setAsked(undefined)} />}
    </>
  )
}

interface ShownProps {
  runs: readonly Run[]
  onAsk: (asked: Asked) => void
}

function RunTable({ runs, onAsk }: ShownProps) {
  const { t } = useTranslation()
  const now = useNow()
  return (
    <Table<Run>
      size="small"
      rowKey="id"
      pagination={false}
      scroll={{ x: 'max-content' }}
      dataSource={runs}
      columns={[
        { title: t('monitor.subject'), render: (_, run) => <Subject of={run} /> },
        { title: t('monitor.node'), render: (_, run) => stepsText(run) },
        { title: t('monitor.initiator'), render: (_, run) => run.initiator.name },
        {
          title: t('monitor.state'),
          render: (_, run) => run.state && <StateTag state={run.state} />,
        },
        {
          title: t('monitor.since'),
          render: (_, run) => run.arrivedAt && fromNow(run.arrivedAt, now),
        },
        { title: t('monitor.why'), render: (_, run) => incidentText(run) },
        { key: 'act', render: (_, run) => <Verbs run={run} onAsk={onAsk} /> },
      ]}
    />
  )
}

function RunCards({ runs, onAsk }: ShownProps) {
  const { t } = useTranslation()
  const now = useNow()
  return (
    <ul className="fw-row-cards">
      {runs.map((run) => (
        <RowCard
          key={run.id}
          head={<Subject of={run} />}
          mark={run.state && <StateTag state={run.state} />}
          lines={[
            { title: t('monitor.node'), text: stepsText(run) },
            { title: t('monitor.initiator'), text: run.initiator.name },
            { title: t('monitor.since'), text: run.arrivedAt && fromNow(run.arrivedAt, now) },
            { title: t('monitor.why'), text: incidentText(run) },
          ]}
        >
          <Verbs run={run} onAsk={onAsk} />
        </RowCard>
      ))}
    </ul>
  )
}

/** Where a run is: several nodes, if branches go beside each other. */
function stepsText(run: Run): string {
  return run.steps
    .map((step) => nodeText(step.name, step.title))
    .filter(Boolean)
    .join(' · ')
}

function incidentText({ incident }: Run): string | undefined {
  if (!incident) return undefined
  const problem = incident.message ?? incident.problem
  return (
    translateIfKnown(`monitor.incidents.${incident.code.toLowerCase()}`, { problem }) ??
    incident.code
  )
}

function Verbs({ run, onAsk }: { run: Run; onAsk: (asked: Asked) => void }) {
  const { t } = useTranslation()
  if (run.can.length === 0) return null
  return (
    <div className="fw-monitor-verbs">
      {run.can.includes('retry') && (
        <Button size="small" onClick={() => onAsk({ run, verb: 'retry' })}>
          {t('verbs.verb.retry')}
        </Button>
      )}
      {run.can.includes('terminate') && (
        <Button size="small" danger type="text" onClick={() => onAsk({ run, verb: 'terminate' })}>
          {t('verbs.verb.terminate')}
        </Button>
      )}
    </div>
  )
}

interface CommandProps extends Asked {
  onClose: () => void
}

function Command({ run, verb, onClose }: CommandProps) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const client = useQueryClient()
  const [attempt] = useState(() => new Attempt())
  const sending = useMutation({
    mutationFn: async (reason: string) => {
      const record = await client.fetchQuery(recordQueries.one(run.entity, run.record))
      const body = reason ? { comment: reason } : {}
      return commandRecord(record, verb, body, attempt.keyFor(body))
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['tasks'] })
      void message.success(t(`verbs.done.${verb}`))
      onClose()
    },
  })
  return (
    <ReasonDialog
      title={t(`verbs.ask.${verb}`)}
      ok={t(`verbs.verb.${verb}`)}
      danger={verb === 'terminate'}
      required={verb === 'terminate'}
      busy={sending.isPending}
      error={sending.error}
      onOk={(reason) => sending.mutate(reason)}
      onCancel={onClose}
    >
      <p>{run.subject}</p>
    </ReasonDialog>
  )
}
