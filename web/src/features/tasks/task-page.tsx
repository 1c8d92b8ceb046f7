import './tasks.css'
import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { App } from 'antd'
import { type ReactNode, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Bundle, bundleQueries } from '@/api/bundle'
import type { StoredRecord } from '@/api/records'
import { ApiError, Attempt } from '@/api/request'
import {
  type Decision,
  type DecisionAnswer,
  type DecisionVerb,
  decide,
  markRead,
  type TaskDetail,
  type TaskVerb,
  taskQueries,
} from '@/api/tasks'
import { layoutOf } from '@/form/labels'
import type { FormModel } from '@/form/model'
import { applyPatch, patchOf } from '@/form/patch'
import { RecordForm } from '@/form/record-form'
import { LeaveGuard } from '@/form/save/leave-guard'
import { Stops } from '@/form/save/stops'
import { useGuardedCommand } from '@/form/save/use-guarded-command'
import { useEngine } from '@/form/use-engine'
import { type FormBase, useRecordModel } from '@/form/use-record-model'
import { Page } from '@/ui/page'
import { StateTag } from '@/ui/state-tag'
import { usePhone } from '@/ui/use-phone'
import { ActionBar } from './action-bar'
import { DecisionDialog } from './decision-dialog'
import { closedPaths } from './node-rights'
import { Remaining } from './remaining'

interface TaskPageProps {
  id: string
  onOpen: (task: string) => void
  /** The task is decided; next is the id of the next open one, or empty. */
  onDecided: (next: string) => void
  onBack: () => void
  timeline: (bundle: Bundle, detail: TaskDetail) => ReactNode
}

/** One task: the record as its node lets the person see and write it, what has happened, and the decision. */
export function TaskPage(props: TaskPageProps) {
  const phone = usePhone()
  const { data: detail } = useSuspenseQuery(taskQueries.one(props.id))
  // Only an open task of one's own has field rights; what was handled or copied is read by the grants.
  const task = ownTask(detail) ? props.id : undefined
  const { data: bundle } = useSuspenseQuery(bundleQueries.of(detail.record.entity, { task, phone }))
  return <OneTask {...props} detail={detail} bundle={bundle} />
}

function OneTask(props: TaskPageProps & { detail: TaskDetail; bundle: Bundle }) {
  const { detail, bundle } = props
  const [base, setBase] = useState<TaskBase>({ record: detail.record, seen: detail.seen })
  const mine = ownTask(detail)
  // The slice carries the node's rights; until the engine has it they hold by this.
  const closed = closedPaths(bundle.entity, mine?.fields ?? {})
  const model = useRecordModel(bundle, base, closed)
  if (detail.seen !== base.seen && !model.isDirty()) {
    setBase({ record: detail.record, seen: detail.seen })
  }
  const writable = mine !== undefined && Object.values(mine.fields).includes('w')
  useEngine(
    writable ? { model, bundle, record: base.record, event: 'save', readOnly: [] } : undefined,
  )
  useMarkRead(detail)
  const { deciding, verb, setVerb } = useDeciding(props, base, model)
  const takeNewer = (record: StoredRecord, withMine: boolean) => {
    const patch = patchOf(bundle.entity.properties, base.record.values, model.values())
    model.settle()
    const begin = withMine ? { begin: applyPatch(record.values, patch) } : {}
    setBase({ record, seen: detail.seen, ...begin })
  }
  const { task } = detail
  return (
    <Page
      title={task.subject}
      note={base.record.state && <StateTag state={base.record.state} />}
      onBack={props.onBack}
      actions={task.dueAt && !task.doneAt && <Remaining dueAt={task.dueAt} />}
    >
      <div className="fw-two">
        <div>
          <RecordForm
            model={model}
            bundle={bundle}
            layout={layoutOf(bundle)}
            readOnly={!writable}
          />
        </div>
        <aside>{props.timeline(bundle, detail)}</aside>
      </div>
      <ActionBar
        verbs={mine?.verbs ?? []}
        instead={<Instead detail={detail} />}
        busy={deciding.busy}
        onVerb={(chosen) =>
          chosen === 'save' ? void deciding.run({ verb: 'save', decision: {} }) : setVerb(chosen)
        }
        previous={detail.previous}
        next={detail.next}
        onOpen={props.onOpen}
      />
      {verb && mine && !deciding.stop && (
        <DecisionDialog
          verb={verb}
          mine={mine}
          busy={deciding.busy}
          onDecide={(decision) => void deciding.run({ verb, decision })}
          onCancel={() => setVerb(undefined)}
        />
      )}
      <Stops
        guarded={deciding}
        bundle={bundle}
        model={model}
        before={base.record.values}
        onNewer={takeNewer}
      />
      <LeaveGuard model={model} />
    </Page>
  )
}

/** What is decided upon: the record with the hash of what of it was shown. */
interface TaskBase extends FormBase {
  seen: string
}

/** The reader's part in the flow, if it is this task that waits for him. */
function ownTask({ flow, task }: TaskDetail) {
  return flow?.mine?.task === task.id ? flow.mine : undefined
}

/** Where there is nothing to decide here: the way to where there is, or that there is none. */
function Instead({ detail }: { detail: TaskDetail }) {
  const { t } = useTranslation()
  const { flow, task, record } = detail
  const mine = flow?.mine
  if (mine?.verbs.includes('resubmit')) {
    return (
      <Link to="/e/$entity/r/$id" params={{ entity: record.entity, id: record.id }}>
        {t('tasks.toResubmit')}
      </Link>
    )
  }
  if (mine && mine.task !== task.id) {
    return (
      <Link to="/tasks/$id" params={{ id: mine.task }}>
        {t('record.toTask')}
      </Link>
    )
  }
  return <span className="fw-quiet">{t('tasks.closed')}</span>
}

interface Command {
  verb: TaskVerb
  decision: Pick<Decision, 'comment' | 'to'>
}

function useDeciding(
  props: TaskPageProps & { detail: TaskDetail; bundle: Bundle },
  base: TaskBase,
  model: FormModel,
) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const client = useQueryClient()
  const { detail, bundle } = props
  const [verb, setVerb] = useState<DecisionVerb | undefined>()
  const [attempt] = useState(() => new Attempt())

  const refused = async (error: unknown): Promise<never> => {
    // A refusal is about what stands there: the dialog gives way to it, and the page shows it as it is now.
    if (!(error instanceof ApiError) || error.status < 400 || error.status >= 500) throw error
    setVerb(undefined)
    await client.invalidateQueries({ queryKey: ['tasks'] })
    if (error.code !== 'changed_since_seen' || !model.isDirty()) throw error
    const { record } = await client.fetchQuery(taskQueries.one(detail.task.id))
    throw new ApiError(409, { code: 'conflict', current: record })
  }
  const deciding = useGuardedCommand<Command, DecisionAnswer>({
    model,
    bundle,
    send: ({ verb: decided, decision }, acknowledged) => {
      const values = patchOf(bundle.entity.properties, base.record.values, model.values())
      const writes = decided === 'approve' || decided === 'save'
      const body: Decision = {
        ...decision,
        seen: base.seen,
        ...(writes && Object.keys(values).length > 0 ? { values } : {}),
        ...(acknowledged ? { acknowledged } : {}),
      }
      return decide(detail.task.id, decided, body, attempt.keyFor([decided, body])).catch(refused)
    },
    onDone: async (answer, { verb: decided }) => {
      attempt.done()
      model.settle()
      setVerb(undefined)
      void message.success(t(`tasks.done.${decided}`))
      if (decided === 'save') {
        await client.invalidateQueries({ queryKey: ['tasks', 'one', detail.task.id] })
        return
      }
      // The task is gone: nothing about it is read again before the page has moved on.
      void client.invalidateQueries({ queryKey: ['tasks'], refetchType: 'none' })
      const records = ['records', answer.record.entity]
      void client.invalidateQueries({ queryKey: records, refetchType: 'none' })
      void client.refetchQueries(taskQueries.counts())
      props.onDecided(answer.next ?? '')
    },
  })
  return { deciding, verb, setVerb }
}

/** What one is told about counts as read once it has been opened. */
function useMarkRead({ task }: TaskDetail): void {
  const client = useQueryClient()
  const unread = task.tab === 'cc' && task.unread === true
  useEffect(() => {
    if (!unread) return
    markRead(task.id, `read-${task.id}`).then(
      () => client.invalidateQueries({ queryKey: ['tasks'] }),
      (error: unknown) => reportError(error),
    )
  }, [unread, task.id, client])
}
