import './tasks.css'
import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { App } from 'antd'
import { type ReactNode, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Bundle, bundleQueries } from '@/api/bundle'
import { Attempt } from '@/api/request'
import {
  type Decision,
  type DecisionAnswer,
  decide,
  markRead,
  type TaskDetail,
  taskQueries,
  type Verb,
} from '@/api/tasks'
import { layoutOf } from '@/form/labels'
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
  const task = detail.flow?.mine ? props.id : undefined
  const { data: bundle } = useSuspenseQuery(bundleQueries.of(detail.record.entity, { task, phone }))
  return <OneTask {...props} detail={detail} bundle={bundle} />
}

function OneTask(props: TaskPageProps & { detail: TaskDetail; bundle: Bundle }) {
  const { t } = useTranslation()
  const { detail, bundle } = props
  const [base, setBase] = useState<FormBase & { seen: string }>({
    record: detail.record,
    seen: detail.seen,
  })
  const mine = detail.flow?.mine ?? undefined
  // The slice carries the node's rights; until the engine has it they hold by this.
  const closed = closedPaths(bundle.entity, mine?.fields ?? {})
  const model = useRecordModel(bundle, base, closed)
  if (detail.record.rev > base.record.rev && !model.isDirty())
    setBase({ record: detail.record, seen: detail.seen })

  const writable = mine !== undefined && Object.values(mine.fields ?? {}).includes('w')
  useEngine(
    writable ? { model, bundle, record: base.record, event: 'save', readOnly: [] } : undefined,
  )
  useMarkRead(detail)
  const { deciding, verb, setVerb } = useDeciding(props, { base, model })
  return (
    <Page
      title={detail.task.subject}
      note={base.record.state && <StateTag state={base.record.state} />}
      onBack={props.onBack}
      actions={detail.task.dueAt && !detail.task.doneAt && <Remaining dueAt={detail.task.dueAt} />}
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
        closedNote={mine ? undefined : t('tasks.closed')}
        busy={deciding.busy}
        onVerb={setVerb}
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
        onNewer={(current, withMine) => {
          const patch = patchOf(bundle.entity.properties, base.record.values, model.values())
          model.settle()
          setBase({
            record: current,
            seen: detail.seen,
            ...(withMine ? { begin: applyPatch(current.values, patch) } : {}),
          })
        }}
      />
      <LeaveGuard model={model} />
    </Page>
  )
}

interface Command {
  verb: Verb
  decision: Pick<Decision, 'comment' | 'to'>
}

interface Edited {
  base: FormBase & { seen: string }
  model: ReturnType<typeof useRecordModel>
}

function useDeciding(
  props: TaskPageProps & { detail: TaskDetail; bundle: Bundle },
  { base, model }: Edited,
) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const client = useQueryClient()
  const { detail, bundle } = props
  const [verb, setVerb] = useState<Verb | undefined>()
  const [attempt] = useState(() => new Attempt())
  const deciding = useGuardedCommand<Command, DecisionAnswer>({
    model,
    bundle,
    send: async ({ verb: decided, decision }, acknowledged) => {
      const values = patchOf(bundle.entity.properties, base.record.values, model.values())
      const body: Decision = {
        ...decision,
        seen: base.seen,
        ...(decided === 'approve' && Object.keys(values).length > 0 ? { values } : {}),
        ...(acknowledged ? { acknowledged } : {}),
      }
      try {
        return await decide(detail.task.id, decided, body, attempt.keyFor([decided, body]))
      } catch (error) {
        // What was decided upon may have moved on: the page shows how it stands now, whatever the refusal says.
        void client.invalidateQueries({ queryKey: ['tasks'] })
        setVerb(undefined)
        throw error
      }
    },
    onDone: async (answer, { verb: decided }) => {
      model.settle()
      setVerb(undefined)
      void message.success(t(`tasks.done.${decided}`))
      void client.invalidateQueries({ queryKey: ['tasks'], refetchType: 'none' })
      void client.invalidateQueries({
        queryKey: ['records', answer.record.entity],
        refetchType: 'none',
      })
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
