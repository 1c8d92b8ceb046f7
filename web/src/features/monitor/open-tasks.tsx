import { useMutation, useQueryClient, useSuspenseInfiniteQuery } from '@tanstack/react-query'
import { App, Button, Checkbox, Select, Table } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  type FlowLoad,
  monitorQueries,
  type OpenTask,
  type PersonLoad,
  reassign,
} from '@/api/monitor'
import { Attempt } from '@/api/request'
import { nodeText } from '@/form/verbs/needs'
import { PeopleSelect } from '@/form/verbs/people-select'
import { problemText } from '@/lib/problems/explain'
import { fromNow } from '@/lib/time'
import { Labelled } from '@/ui/labelled'
import { Nothing } from '@/ui/nothing'
import { RowCard } from '@/ui/row-card'
import { useNow } from '@/ui/use-now'
import { usePhone } from '@/ui/use-phone'
import { FlowSelect } from './flow-select'
import { OnlyWatching } from './only-watching'
import { ReasonDialog } from './reason-dialog'
import { Subject } from './subject'

interface OpenTasksProps {
  people: readonly PersonLoad[]
  flows: readonly FlowLoad[]
}

/** Open tasks of everybody, late ones first in mind, to be given to somebody else together. */
export function OpenTasks({ people, flows }: OpenTasksProps) {
  const { t } = useTranslation()
  const [flow, setFlow] = useState('')
  const [user, setUser] = useState('')
  const [overdue, setOverdue] = useState(false)
  // What is no longer shown is no longer meant.
  const narrow = (change: () => void) => {
    change()
    setChosen([])
  }
  const [chosen, setChosen] = useState<OpenTask[]>([])
  const [asking, setAsking] = useState(false)
  return (
    <>
      <div className="fw-monitor-tools">
        <FlowSelect
          flows={flows}
          value={flow}
          onChange={(chosen) => narrow(() => setFlow(chosen))}
        />
        <Select
          aria-label={t('monitor.holder')}
          style={{ minWidth: 200 }}
          value={user}
          onChange={(chosen) => narrow(() => setUser(chosen))}
          options={[
            { value: '', label: t('monitor.everybody') },
            ...people.map((load) => ({
              value: load.user.id,
              label: t('monitor.load', {
                name: load.user.name,
                open: load.open,
                late: load.overdue,
              }),
            })),
          ]}
        />
        <Checkbox
          checked={overdue}
          onChange={(event) => narrow(() => setOverdue(event.target.checked))}
        >
          {t('tasks.overdue')}
        </Checkbox>
        <Button type="primary" disabled={chosen.length === 0} onClick={() => setAsking(true)}>
          {t('monitor.reassign', { count: chosen.length })}
        </Button>
      </div>
      <TaskList flow={flow} user={user} overdue={overdue} chosen={chosen} onChoose={setChosen} />
      {asking && (
        <Reassign
          tasks={chosen}
          onClose={() => {
            setAsking(false)
            setChosen([])
          }}
          onCancel={() => setAsking(false)}
        />
      )}
    </>
  )
}

interface TaskListProps {
  flow: string
  user: string
  overdue: boolean
  chosen: readonly OpenTask[]
  onChoose: (tasks: OpenTask[]) => void
}

function TaskList({ flow, user, overdue, chosen, onChoose }: TaskListProps) {
  const { t } = useTranslation()
  const phone = usePhone()
  const list = useSuspenseInfiniteQuery(monitorQueries.tasks({ flow, user, overdue }))
  const tasks = list.data.pages.flatMap((page) => page.tasks)
  if (tasks.length === 0) return <Nothing text={t('monitor.noneOpen')} />
  const shown = { tasks, chosen, onChoose }
  return (
    <>
      {tasks.some((task) => task.can.length === 0 && task.node !== 'start') && <OnlyWatching />}
      {phone ? <TaskCards {...shown} /> : <TaskTable {...shown} />}
      {list.hasNextPage && (
        <Button block loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('common.more')}
        </Button>
      )}
    </>
  )
}

interface ShownProps {
  tasks: readonly OpenTask[]
  chosen: readonly OpenTask[]
  onChoose: (tasks: OpenTask[]) => void
}

function TaskTable({ tasks, chosen, onChoose }: ShownProps) {
  const { t } = useTranslation()
  const now = useNow()
  return (
    <Table<OpenTask>
      size="small"
      rowKey="id"
      pagination={false}
      scroll={{ x: 'max-content' }}
      dataSource={tasks}
      rowSelection={{
        selectedRowKeys: chosen.map(({ id }) => id),
        onChange: (_, rows) => onChoose(rows),
        getTitleCheckboxProps: () => ({ 'aria-label': t('tasks.batch.all') }),
        getCheckboxProps: (task) => ({
          'aria-label': task.subject,
          disabled: !task.can.includes('reassign'),
        }),
      }}
      columns={[
        { title: t('monitor.subject'), render: (_, task) => <Subject of={task} /> },
        {
          title: t('monitor.node'),
          render: (_, task) => nodeText(task.node, task.nodeTitle),
        },
        { title: t('monitor.holder'), render: (_, task) => task.for?.name },
        {
          title: t('monitor.since'),
          render: (_, task) => task.arrivedAt && fromNow(task.arrivedAt, now),
        },
        { title: t('monitor.due'), render: (_, task) => <Due task={task} /> },
      ]}
    />
  )
}

function TaskCards({ tasks, chosen, onChoose }: ShownProps) {
  const { t } = useTranslation()
  const now = useNow()
  const choose = (task: OpenTask, on: boolean) =>
    onChoose(on ? [...chosen, task] : chosen.filter(({ id }) => id !== task.id))
  return (
    <ul className="fw-row-cards">
      {tasks.map((task) => (
        <RowCard
          key={task.id}
          head={<Subject of={task} />}
          mark={
            <Checkbox
              aria-label={task.subject}
              disabled={!task.can.includes('reassign')}
              checked={chosen.some(({ id }) => id === task.id)}
              onChange={(event) => choose(task, event.target.checked)}
            />
          }
          lines={[
            { title: t('monitor.node'), text: nodeText(task.node, task.nodeTitle) },
            { title: t('monitor.holder'), text: task.for?.name },
            { title: t('monitor.since'), text: task.arrivedAt && fromNow(task.arrivedAt, now) },
            { title: t('monitor.due'), text: task.dueAt && <Due task={task} /> },
          ]}
        />
      ))}
    </ul>
  )
}

function Due({ task }: { task: OpenTask }) {
  const now = useNow()
  if (!task.dueAt) return null
  const late = Date.parse(task.dueAt) < now
  return <span className={late ? 'fw-due-late' : ''}>{fromNow(task.dueAt, now)}</span>
}

/** How many of the chosen tasks are named before they are given away. */
const shownTasks = 5

interface ReassignProps {
  tasks: readonly OpenTask[]
  onClose: () => void
  onCancel: () => void
}

function Reassign({ tasks, onClose, onCancel }: ReassignProps) {
  const { t } = useTranslation()
  const { message, modal } = App.useApp()
  const client = useQueryClient()
  const [to, setTo] = useState('')
  const [attempt] = useState(() => new Attempt())
  const sending = useMutation({
    mutationFn: (comment: string) => {
      const body = { tasks: tasks.map(({ id }) => id), to, comment }
      return reassign(body, attempt.keyFor(body))
    },
    onSuccess: async (answer) => {
      await client.invalidateQueries({ queryKey: ['tasks'] })
      if (answer.skipped.length > 0) {
        modal.info({
          title: t('tasks.batch.some', { done: answer.done, skipped: answer.skipped.length }),
          content: answer.skipped.map((each) => (
            <div key={each.task}>
              {tasks.find(({ id }) => id === each.task)?.subject} {problemText(each)}
            </div>
          )),
        })
      } else void message.success(t('verbs.done.reassign'))
      onClose()
    },
  })
  return (
    <ReasonDialog
      title={t('monitor.reassignOf', { count: tasks.length })}
      ok={t('verbs.verb.reassign')}
      disabled={to === ''}
      required
      busy={sending.isPending}
      error={sending.error}
      onOk={(reason) => sending.mutate(reason)}
      onCancel={onCancel}
    >
      <ul className="fw-chosen">
        {tasks.slice(0, shownTasks).map((task) => (
          <li key={task.id}>
            {task.subject} · {nodeText(task.node, task.nodeTitle)} · {task.for?.name}
          </li>
        ))}
        {tasks.length > shownTasks && (
          <li>{t('monitor.moreTasks', { count: tasks.length - shownTasks })}</li>
        )}
      </ul>
      <Labelled id="reassign-to" label={t('verbs.person.reassign')} required>
        <PeopleSelect
          id="reassign-to"
          several={false}
          value={to ? [to] : []}
          onChange={([chosen]) => setTo(chosen ?? '')}
        />
      </Labelled>
    </ReasonDialog>
  )
}
