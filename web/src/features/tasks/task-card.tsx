import { Link } from '@tanstack/react-router'
import { Checkbox } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Task } from '@/api/tasks'
import { nodeText } from '@/form/verbs/needs'
import { grouped } from '@/lib/decimal'
import { translateIfKnown } from '@/lib/i18n'
import type { TaskTab } from '@/lib/task-tab'
import { fromNow, moment } from '@/lib/time'
import { StateTag } from '@/ui/state-tag'
import { useNow } from '@/ui/use-now'
import { Remaining } from './remaining'

interface TaskCardProps {
  task: Task
  tab: TaskTab
  /** Given while several are chosen: the card is then a choice instead of a link. */
  chosen?: boolean
  onChoose?: () => void
}

/** A fact of the record as it is written on its page. */
function factText({ type, value }: Task['summary'][number]): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  return type === 'money' ? grouped(value) : value
}

/** What it is about; what the subject says is not said again. */
function Facts({ task }: { task: Task }) {
  const { t } = useTranslation()
  const { subject, entityTitle } = task
  const about = [
    subject.includes(entityTitle) ? undefined : entityTitle,
    nodeText(task.node, task.nodeTitle),
    task.initiator.name,
    task.for && t('tasks.forWhom', { name: task.for.name }),
  ]
  return (
    <>
      <div className="fw-task-meta">{about.filter(Boolean).join(' · ')}</div>
      <dl className="fw-task-summary">
        {task.summary
          .filter((line) => !subject.includes(factText(line)))
          .map((line) => (
            <div key={line.field}>
              <dt>{line.title}</dt>
              <dd>{factText(line)}</dd>
            </div>
          ))}
      </dl>
    </>
  )
}

/** What waits to be decided is in approval: there only another state is worth telling. */
const waiting: ReadonlySet<TaskTab> = new Set(['open', 'handle', 'proxied'])

/** One task of a list: what it is about, up to five facts, who started it and how long it has been here. */
export function TaskCard({ task, tab, chosen, onChoose }: TaskCardProps) {
  const { t } = useTranslation()
  const now = useNow()
  const at = task.doneAt ?? task.arrivedAt
  const state = waiting.has(tab) && task.state === 'running' ? undefined : task.state
  const content = (
    <>
      <div>
        <div className={task.unread ? 'fw-task-subject fw-unread' : 'fw-task-subject'}>
          {task.unread && <span className="fw-sr">{t('tasks.unread')} </span>}
          {task.subject}
        </div>
        <Facts task={task} />
      </div>
      <div className="fw-task-side">
        {task.decision && (
          <span>{translateIfKnown(`decision.${task.decision}`) ?? task.decision}</span>
        )}
        {state && <StateTag state={state} />}
        {at && (
          <time dateTime={at} title={moment(at)} className="fw-task-meta">
            {fromNow(at, now)}
          </time>
        )}
        {task.dueAt && !task.doneAt && <Remaining dueAt={task.dueAt} />}
      </div>
    </>
  )
  if (onChoose) {
    return (
      <label htmlFor={`task-${task.id}`} className="fw-task fw-task-choice">
        <Checkbox id={`task-${task.id}`} checked={chosen ?? false} onChange={onChoose} />
        {content}
      </label>
    )
  }
  // What came back to who began it is changed on its own page.
  if (tab === 'started' || (tab === 'open' && task.node === 'start')) {
    return (
      <Link
        className="fw-task"
        to="/e/$entity/r/$id"
        params={{ entity: task.entity, id: task.record }}
      >
        {content}
      </Link>
    )
  }
  return (
    <Link className="fw-task" to="/tasks/$id" params={{ id: task.id }}>
      {content}
    </Link>
  )
}
