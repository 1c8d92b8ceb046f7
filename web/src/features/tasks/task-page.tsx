import './tasks.css'
import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { App } from 'antd'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Bundle, bundleQueries } from '@/api/bundle'
import { commandRecord, type StoredRecord } from '@/api/records'
import { ApiError, Attempt } from '@/api/request'
import {
  type Decision,
  type DecisionAnswer,
  decide,
  markRead,
  type TaskDetail,
  taskQueries,
} from '@/api/tasks'
import {
  type Possible,
  type RunVerb,
  runVerbs,
  type TaskVerb,
  taskVerbs,
  type VerbInput,
} from '@/api/verbs'
import { layoutOf } from '@/form/labels'
import type { FormModel } from '@/form/model'
import { applyPatch, patchOf } from '@/form/patch'
import { RecordForm } from '@/form/record-form'
import { LeaveGuard } from '@/form/save/leave-guard'
import { Stops } from '@/form/save/stops'
import { useGuardedCommand } from '@/form/save/use-guarded-command'
import { useEngine } from '@/form/use-engine'
import { type FormBase, useRecordModel } from '@/form/use-record-model'
import { doneText, wordOf } from '@/form/verbs/needs'
import { VerbDialog } from '@/form/verbs/verb-dialog'
import { explain } from '@/lib/problems/explain'
import { Page } from '@/ui/page'
import { PrintMenu } from '@/ui/print-menu'
import { StateTag } from '@/ui/state-tag'
import { useHere } from '@/ui/use-here'
import { useMoving } from '@/ui/use-moving'
import { usePhone } from '@/ui/use-phone'
import { ActionBar, Neighbours } from './action-bar'
import { closedPaths } from './node-rights'
import { Remaining } from './remaining'

interface TaskPageProps {
  id: string
  onOpen: (task: string) => void
  /** The task is decided; next is the id of the next open one, or empty. */
  onDecided: (next: string) => void | Promise<void>
  onBack: () => void
  timeline: (bundle: Bundle, detail: TaskDetail) => ReactNode
}

/** One task: the record as its node lets the person see and write it, what has happened, and the decision. */
export function TaskPage(props: TaskPageProps) {
  const phone = usePhone()
  const { data: detail } = useSuspenseQuery(taskQueries.one(props.id))
  // What was copied or handled is read as the task shows it, too: its reader may have no grant on the entity.
  const { data: bundle } = useSuspenseQuery(
    bundleQueries.of(detail.record.entity, { task: props.id, phone }),
  )
  return <OneTask {...props} detail={detail} bundle={bundle} />
}

function OneTask(props: TaskPageProps & { detail: TaskDetail; bundle: Bundle }) {
  const { detail, bundle } = props
  const [base, setBase] = useState<TaskBase>({ record: detail.record, seen: detail.seen })
  const mine = ownTask(detail)
  // The slice carries the node's rights; until the engine has it they hold by this.
  const closed = closedPaths(bundle.entity, mine?.fields ?? {})
  const model = useRecordModel(bundle, base, closed)
  // Who is asked for an opinion only reads: what the node opens is for its owner to fill in.
  const writable =
    mine?.verbs.includes('approve') === true && Object.values(mine.fields).includes('w')
  useEngine(
    writable ? { model, bundle, record: base.record, event: 'save', readOnly: [] } : undefined,
  )
  useMarkRead(detail)
  const { deciding, asked, setAsked, refusal } = useDeciding(props, base, model)
  // What changes behind an open question has not been seen by who answers it.
  if (detail.seen !== base.seen && !model.isDirty() && !asked) {
    setBase({ record: detail.record, seen: detail.seen })
  }
  const words = useRef<Record<string, string>>({})
  const moving = useMoving()
  const takeNewer = (record: StoredRecord, withMine: boolean) => {
    const patch = patchOf(bundle.entity.properties, base.record.values, model.values())
    model.settle()
    const begin = withMine ? { begin: applyPatch(record.values, patch) } : {}
    setBase({ record, seen: detail.seen, ...begin })
  }
  const { task } = detail
  const navigate = useNavigate()
  const phone = usePhone()
  const neighbours = (
    <Neighbours previous={detail.previous} next={detail.next} onOpen={props.onOpen} />
  )
  return (
    <Page
      title={task.subject}
      note={base.record.state && <StateTag state={base.record.state} />}
      onBack={props.onBack}
      actions={
        <>
          {task.dueAt && !task.doneAt && <Remaining dueAt={task.dueAt} />}
          {phone && neighbours}
          <PrintMenu
            prints={bundle.prints}
            onChoose={(print) =>
              void navigate({
                to: '/print/e/$entity/$print',
                params: { entity: task.entity, print },
                search: { ids: task.record, task: task.id },
              })
            }
          />
        </>
      }
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
        can={offered(detail)}
        instead={<Instead detail={detail} />}
        busy={deciding.busy || moving}
        onVerb={(can) =>
          can.verb === 'save' ? void deciding.run({ can, input: {} }) : setAsked(can)
        }
      >
        {!phone && neighbours}
      </ActionBar>
      {asked && !deciding.stop && (
        <VerbDialog
          can={asked}
          busy={deciding.busy}
          refusal={refusal}
          words={words.current[asked.verb]}
          onWords={(said) => {
            words.current[asked.verb] = said
          }}
          onDo={(input) => void deciding.run({ can: asked, input })}
          onCancel={() => setAsked(undefined)}
        />
      )}
      <Stops
        guarded={deciding}
        bundle={bundle}
        model={model}
        before={base.record.values}
        onNewer={takeNewer}
      />
      <LeaveGuard model={model} busy={deciding.busy} />
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

/** What the reader may do here: with this task, and with its run. Submitting again has its own page. */
function offered({ flow, task }: TaskDetail): Possible[] {
  const known = new Set<string>([...taskVerbs, ...runVerbs])
  const node = flow?.path.find(({ node: name }) => name === flow.mine?.node)
  return (flow?.can ?? [])
    .filter(
      (can) =>
        known.has(can.verb) &&
        can.verb !== 'comment' &&
        can.verb !== 'resubmit' &&
        (can.on === 'record' || can.task === task.id),
    )
    .map((can) =>
      // At some nodes work is done rather than approved.
      can.verb === 'approve' && node?.type === 'handle' ? { ...can, word: 'handled' } : can,
    )
}

interface Command {
  can: Possible
  input: VerbInput
}

/** Refusals that something in the dialog itself would mend. */
const mendable: ReadonlySet<string> = new Set([
  'comment_required',
  'sign_required',
  'confirm_required',
  'wrong_password',
  'throttled',
  'pick_required',
  'pick_invalid',
  'self_target',
  'user_disabled',
  'user_unknown',
  'dup_approver',
  'bad_target',
  'sign_mix',
])

function useDeciding(
  props: TaskPageProps & { detail: TaskDetail; bundle: Bundle },
  base: TaskBase,
  model: FormModel,
) {
  const { message } = App.useApp()
  const client = useQueryClient()
  const here = useHere()
  const { detail, bundle } = props
  const [asked, setAsked] = useState<Possible | undefined>()
  const [refusal, setRefusal] = useState<string | undefined>()
  const [attempt] = useState(() => new Attempt())
  const ask = (can: Possible | undefined) => {
    setRefusal(undefined)
    setAsked(can)
  }

  const refused = async (error: unknown): Promise<never> => {
    // A refusal is about what stands there: the dialog gives way to it, and the page shows it as it is now.
    if (!(error instanceof ApiError) || error.status < 400 || error.status >= 500) throw error
    ask(undefined)
    await client.invalidateQueries({ queryKey: ['tasks'] })
    if (error.code !== 'changed_since_seen' || !model.isDirty()) throw error
    const { record } = await client.fetchQuery(taskQueries.one(detail.task.id))
    throw new ApiError(409, { code: 'conflict', current: record })
  }
  const send = async ({ can, input }: Command, acknowledged?: Record<string, string>) => {
    const reasons = acknowledged ? { acknowledged } : {}
    if (can.on === 'record') {
      const body = { ...input, ...reasons }
      const verb = can.verb as RunVerb
      const record = await commandRecord(detail.record, verb, body, attempt.keyFor([verb, body]))
      return { status: record.state ?? '' }
    }
    const values = patchOf(bundle.entity.properties, base.record.values, model.values())
    const writes = ['approve', 'save'].includes(can.verb)
    const body: Decision = {
      ...input,
      seen: base.seen,
      ...(writes && Object.keys(values).length > 0 ? { values } : {}),
      ...reasons,
    }
    const verb = can.verb as TaskVerb
    return decide(detail.task.id, verb, body, attempt.keyFor([verb, body]))
  }
  const deciding = useGuardedCommand<Command, DecisionAnswer | undefined>({
    model,
    bundle,
    send: async (command, acknowledged) => {
      try {
        return await send(command, acknowledged)
      } catch (error) {
        if (error instanceof ApiError && asked && mendable.has(error.code)) {
          setRefusal(explain(error))
          return undefined
        }
        return refused(error)
      }
    },
    onDone: async (answer, { can, input }) => {
      if (!answer) return
      attempt.done()
      model.settle()
      ask(undefined)
      void message.success(doneText(wordOf(can)))
      const waits = can.verb === 'addsign' && input.kind === 'before'
      if ((staying.has(can.verb) && !waits) || (can.on === 'record' && ownTask(detail))) {
        await client.invalidateQueries({ queryKey: ['tasks'] })
        return
      }
      // The task is gone: nothing about it is read again before the page has moved on.
      void client.invalidateQueries({ queryKey: ['tasks'], refetchType: 'none' })
      const records = ['records', detail.record.entity]
      void client.invalidateQueries({ queryKey: records, refetchType: 'none' })
      void client.refetchQueries(taskQueries.counts())
      if (here()) await props.onDecided(answer.next ?? '')
    },
  })
  return { deciding, asked, setAsked: ask, refusal }
}

/** After these the task is still there; who has others sign before him gets his back when they have. */
const staying: ReadonlySet<string> = new Set(['save', 'cc', 'remind', 'removesign', 'addsign'])

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
