import './timeline.css'
import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { Alert, Button, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { AutomationRun } from '@/api/automations'
import { type Bundle, bundleQueries } from '@/api/bundle'
import type { UploadedFile } from '@/api/files'
import {
  commandRecord,
  type FlowView,
  recordQueries,
  type StoredRecord,
  type TimelineEntry,
} from '@/api/records'
import { Attempt } from '@/api/request'
import { AttachmentsBox, useAttachments } from '@/form/verbs/attachments'
import { PeopleSelect } from '@/form/verbs/people-select'
import { translateIfKnown } from '@/lib/i18n'
import { explain } from '@/lib/problems/explain'
import { lengthOf } from '@/lib/time'
import { Labelled } from '@/ui/labelled'
import { LeaveGuard } from '@/ui/leave-guard'
import { Nothing } from '@/ui/nothing'
import { useFailureMessage } from '@/ui/use-failure-message'
import { useNow } from '@/ui/use-now'
import { usePhone } from '@/ui/use-phone'
import { Automations, Effects } from './automations'
import { ProofCard } from './proof'
import { TimelineEvent } from './timeline-event'

/** How a record has come to where it is: the way through its flow, and what everybody did. Newest first. */
export function Timeline({ entity, id }: { entity: string; id: string }) {
  const { data: bundle } = useSuspenseQuery(bundleQueries.of(entity, { phone: usePhone() }))
  const { data: timeline } = useSuspenseQuery(recordQueries.timeline(entity, id))
  const { data: record } = useSuspenseQuery(recordQueries.one(entity, id))
  return (
    <TimelineCards
      bundle={bundle}
      record={record}
      flow={timeline.flow}
      entries={timeline.entries}
      runs={timeline.runs}
    />
  )
}

interface TimelineCardsProps {
  bundle: Bundle
  record: StoredRecord
  flow: FlowView | null
  entries: readonly TimelineEntry[]
  runs?: readonly AutomationRun[] | undefined
}

/** How much of a long history is shown at first, and what is left of it at least when the rest is folded. */
const shownFirst = 12
const foldedLeast = 4

/** The same for a caller that has read it already. */
export function TimelineCards({ bundle, record, flow, entries, runs }: TimelineCardsProps) {
  const { t } = useTranslation()
  const ordered = [...entries].sort((a, b) => b.seq - a.seq)
  const [whole, setWhole] = useState(false)
  const folded =
    whole || ordered.length < shownFirst + foldedLeast ? 0 : ordered.length - shownFirst
  return (
    <>
      {flow && <FlowPath flow={flow} />}
      {flow && <Effects record={record} flow={flow} zone={bundle.zone} />}
      <Automations runs={runs ?? []} zone={bundle.zone} />
      <section className="fw-card" aria-label={t('timeline.title')}>
        <h2>{t('timeline.title')}</h2>
        {flow?.verbs.includes('comment') && <CommentBox record={record} />}
        {ordered.length === 0 && <Nothing text={t('timeline.none')} />}
        <ol className="fw-events" reversed start={ordered.length}>
          {ordered.slice(0, ordered.length - folded).map((entry, index) => (
            <TimelineEvent
              key={`${entry.seq}/${entry.type}/${entry.node ?? ''}`}
              entry={entry}
              earlier={ordered[index + 1]}
              bundle={bundle}
              record={record}
            />
          ))}
        </ol>
        {folded > 0 && (
          <Button block onClick={() => setWhole(true)}>
            {t('timeline.earlier', { count: folded })}
          </Button>
        )}
      </section>
      <ProofCard bundle={bundle} record={record} />
    </>
  )
}

type NodeTask = FlowView['active'][number]['tasks'][number]

/** What somebody has decided at a node, or how long he is waited for; whose turn has not come has no time yet. */
function TaskAt({ task }: { task: NodeTask }) {
  const { t } = useTranslation()
  const now = useNow()
  const { name } = task.user
  const decision = translateIfKnown(`decision.${task.status}`)
  if (decision) return <>{t('timeline.decided', { name, decision })}</>
  if (!task.arrivedAt) return <>{t('timeline.notYet', { name })}</>
  const waited = now - Date.parse(task.arrivedAt)
  if (waited < 60_000) return <>{t('timeline.justArrived', { name })}</>
  return <>{t('timeline.waitingFor', { name, time: lengthOf(waited) })}</>
}

function FlowPath({ flow }: { flow: FlowView }) {
  const { t } = useTranslation()
  const tasks = new Map(flow.active.map((node) => [node.node, node.tasks]))
  if (flow.path.length === 0 && !flow.incident) return null
  return (
    <section className="fw-card" aria-label={t('timeline.flow')}>
      <h2>{t('timeline.flow')}</h2>
      {flow.incident && (
        <Alert
          type="error"
          showIcon
          style={{ marginBottom: 10 }}
          title={t('timeline.incident')}
          description={explain(
            Object.assign(new Error(), {
              code: flow.incident.code.toLowerCase(),
              params: { problem: flow.incident.message ?? flow.incident.problem },
            }),
          )}
        />
      )}
      <ol className="fw-path">
        {flow.path.map((node) => (
          <li
            key={node.node}
            className={`fw-path-${node.status}`}
            aria-current={node.status === 'active' ? 'step' : undefined}
          >
            {node.title} <span className="fw-path-people">{t(`timeline.node.${node.status}`)}</span>
            {tasks.get(node.node)?.map((task) => (
              <div key={task.id} className="fw-path-people">
                <TaskAt task={task} />
              </div>
            ))}
          </li>
        ))}
      </ol>
      {flow.copies && (
        <p className="fw-path-people">
          {t('timeline.copies', {
            people: flow.copies
              .map(({ user, read }) =>
                t(read ? 'timeline.copyRead' : 'timeline.copyUnread', { name: user.name }),
              )
              .join(t('form.comma')),
          })}
        </p>
      )}
    </section>
  )
}

function CommentBox({ record }: { record: StoredRecord }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const fail = useFailureMessage()
  const [text, setText] = useState('')
  const [told, setTold] = useState<string[]>([])
  const [files, setFiles] = useState<readonly UploadedFile[]>([])
  const attachments = useAttachments({ value: files, onChange: setFiles })
  const [attempt] = useState(() => new Attempt())
  const commenting = useMutation({
    mutationFn: (comment: string) => {
      const said = {
        comment,
        ...(told.length > 0 ? { users: told } : {}),
        ...(files.length > 0 ? { files: files.map(({ id }) => id) } : {}),
      }
      return commandRecord(record, 'comment', said, attempt.keyFor(said))
    },
    onSuccess: async () => {
      attempt.done()
      setText('')
      setTold([])
      setFiles([])
      await client.invalidateQueries({
        queryKey: ['records', record.entity, 'timeline', record.id],
      })
      await client.invalidateQueries({ queryKey: ['tasks', 'one'] })
    },
    onError: fail,
  })
  return (
    <div style={{ display: 'grid', gap: 6, marginBottom: 8 }}>
      <Input.TextArea
        aria-label={t('timeline.comment')}
        placeholder={t('timeline.comment')}
        autoSize={{ minRows: 1, maxRows: 6 }}
        maxLength={2000}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {text.trim() !== '' && (
        <Labelled id="comment-people" label={t('timeline.tell')}>
          <PeopleSelect id="comment-people" several value={told} onChange={setTold} />
        </Labelled>
      )}
      {text.trim() !== '' && <AttachmentsBox id="comment-files" attachments={attachments} />}
      {text.trim() !== '' && (
        <Button
          size="small"
          type="primary"
          loading={commenting.isPending}
          disabled={attachments.busy}
          onClick={() => commenting.mutate(text.trim())}
        >
          {t('timeline.send')}
        </Button>
      )}
      <LeaveGuard dirty={() => text.trim() !== ''} busy={commenting.isPending} />
    </div>
  )
}
