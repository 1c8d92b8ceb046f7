import { useMutation, useQueryClient, useSuspenseInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { App, Button, Table } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { monitorQueries, type Run, type RunState } from '@/api/monitor'
import { commandRecord, recordQueries } from '@/api/records'
import { Attempt } from '@/api/request'
import { translateIfKnown } from '@/lib/i18n'
import { fromNow } from '@/lib/time'
import { Nothing } from '@/ui/nothing'
import { StateTag } from '@/ui/state-tag'
import { useNow } from '@/ui/use-now'
import { OnlyWatching } from './only-watching'
import { ReasonDialog } from './reason-dialog'

/** Runs that have not ended, all or the stuck ones, with what frees or ends them. */
export function Runs({ state }: { state: RunState | '' }) {
  const { t } = useTranslation()
  const now = useNow()
  const [asked, setAsked] = useState<{ run: Run; verb: 'retry' | 'terminate' } | undefined>()
  const list = useSuspenseInfiniteQuery(monitorQueries.runs('', state))
  const runs = list.data.pages.flatMap((page) => page.runs)
  if (runs.length === 0) {
    return <Nothing text={t(state === 'suspended' ? 'monitor.noneStuck' : 'monitor.noneRunning')} />
  }
  return (
    <>
      {runs.some((run) => run.can.length === 0) && <OnlyWatching />}
      <Table<Run>
        size="small"
        rowKey="id"
        pagination={false}
        scroll={{ x: 'max-content' }}
        dataSource={runs}
        columns={[
          {
            title: t('monitor.subject'),
            render: (_, run) => (
              <Link to="/e/$entity/r/$id" params={{ entity: run.entity, id: run.record }}>
                {run.subject}
              </Link>
            ),
          },
          { title: t('monitor.initiator'), render: (_, run) => run.initiator.name },
          {
            title: t('monitor.state'),
            render: (_, run) => run.state && <StateTag state={run.state} />,
          },
          {
            title: t('monitor.since'),
            render: (_, run) => run.arrivedAt && fromNow(run.arrivedAt, now),
          },
          {
            title: t('monitor.why'),
            render: (_, run) =>
              run.incident &&
              (translateIfKnown(`monitor.incidents.${run.incident.code.toLowerCase()}`, {
                problem: run.incident.message ?? run.incident.problem,
              }) ??
                run.incident.code),
          },
          {
            key: 'act',
            render: (_, run) => (
              <div style={{ display: 'flex', gap: 6 }}>
                {run.can.includes('retry') && (
                  <Button size="small" onClick={() => setAsked({ run, verb: 'retry' })}>
                    {t('verbs.verb.retry')}
                  </Button>
                )}
                {run.can.includes('terminate') && (
                  <Button
                    size="small"
                    danger
                    type="text"
                    onClick={() => setAsked({ run, verb: 'terminate' })}
                  >
                    {t('verbs.verb.terminate')}
                  </Button>
                )}
              </div>
            ),
          },
        ]}
      />
      {list.hasNextPage && (
        <Button block loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('common.more')}
        </Button>
      )}
      {asked && <Command {...asked} onClose={() => setAsked(undefined)} />}
    </>
  )
}

interface CommandProps {
  run: Run
  verb: 'retry' | 'terminate'
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
