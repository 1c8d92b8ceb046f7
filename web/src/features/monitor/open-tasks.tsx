import { useMutation, useQueryClient, useSuspenseInfiniteQuery } from '@tanstack/react-query'
import { App, Button, Checkbox, Select, Table } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { monitorQueries, type OpenTask, type PersonLoad, reassign } from '@/api/monitor'
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
import { OnlyWatching } from './only-watching'
import { ReasonDialog } from './reason-dialog'
import { Subject } from './subject'

/** Open tasks of everybody, late ones first in mind, to be given to somebody else together. */
export function OpenTasks({ people }: { people: readonly PersonLoad[] }) {
  const { t } = useTranslation()
  const [user, setUser] = useState('')
  const [overdue, setOverdue] = useState(false)
  const [chosen, setChosen] = useState<string[]>([])
  const [asking, setAsking] = useState(false)
  return (
    <>
      <div className="fw-monitor-tools">
        <Select
          aria-label={t('monitor.holder')}
          style={{ minWidth: 200 }}
          value={user}
          onChange={setUser}
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
        <Checkbox checked={overdue} onChange={(event) => setOverdue(event.target.checked)}>
          {t('tasks.overdue')}
        </Checkbox>
        <Button type="primary" disabled={chosen.length === 0} onClick={() => setAsking(true)}>
          {t('monitor.reassign', { count: chosen.length })}
        </Button>
      </div>
      <TaskList user={user} overdue={overdue} chosen={chosen} onChoose={setChosen} />
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
  user: string
  overdue: boolean
  chosen: string[]
  onChoose: (ids: string[]) => void
}

function TaskList({ user, overdue, chosen, onChoose }: TaskListProps) {
  const { t } = useTranslation()
  const phone = usePhone()
  const list = useSuspenseInfiniteQuery(monitorQueries.tasks({ user, overdue }))
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
  chosen: string[]
  onChoose: (ids: string[]) => void
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
        selectedRowKeys: chosen,
        onChange: (keys) => onChoose(keys.map(String)),
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
  const choose = (id: string, on: boolean) =>
    onChoose(on ? [...chosen, id] : chosen.filter((other) => other !== id))
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
              checked={chosen.includes(task.id)}
              onChange={(event) => choose(task.id, event.target.checked)}
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

interface ReassignProps {
  tasks: string[]
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
      const body = { tasks, to, comment }
      return reassign(body, attempt.keyFor(body))
    },
    onSuccess: async (answer) => {
      await client.invalidateQueries({ queryKey: ['tasks'] })
      if (answer.skipped.length > 0) {
        modal.info({
          title: t('tasks.batch.some', { done: answer.done, skipped: answer.skipped.length }),
          content: answer.skipped.map((each) => <div key={each.task}>{problemText(each)}</div>),
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
