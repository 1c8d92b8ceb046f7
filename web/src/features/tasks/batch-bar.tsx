import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { App, Button, Input, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Attempt } from '@/api/request'
import { type BatchAnswer, type BatchVerb, decideMany, type Task } from '@/api/tasks'
import { problemText } from '@/lib/problems/explain'
import type { TaskTab } from '@/lib/task-tab'
import { Ask } from '@/ui/ask'
import { Labelled } from '@/ui/labelled'
import { useFailureMessage } from '@/ui/use-failure-message'

interface BatchBarProps {
  tab: TaskTab
  tasks: readonly Task[]
  chosen: readonly string[]
  onChoose: (ids: readonly string[]) => void
  onEnd: () => void
}

/** Decides the chosen tasks, each by itself, and tells which could not be decided like this. */
export function BatchBar({ tab, tasks, chosen, onChoose, onEnd }: BatchBarProps) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const client = useQueryClient()
  const fail = useFailureMessage()
  const [asked, setAsked] = useState<'approve' | 'reject' | undefined>()
  const [answer, setAnswer] = useState<BatchAnswer | undefined>()
  const [attempt] = useState(() => new Attempt())
  const deciding = useMutation({
    mutationFn: ({ verb, comment }: { verb: BatchVerb; comment: string }) => {
      const body = { tasks: [...chosen], verb, ...(comment ? { comment } : {}) }
      return decideMany(body, attempt.keyFor(body))
    },
    onSuccess: async (result) => {
      attempt.done()
      setAsked(undefined)
      await client.invalidateQueries({ queryKey: ['tasks'] })
      if (result.skipped.length > 0) {
        setAnswer(result)
        return
      }
      void message.success(t('tasks.batch.done', { count: result.done }))
      onEnd()
    },
    onError: fail,
  })
  const all = tasks.map((task) => task.id)
  const none = chosen.length === 0
  return (
    <div className="fw-action-bar" role="toolbar" aria-label={t('tasks.batch.title')}>
      <span>{t('tasks.batch.chosen', { count: chosen.length })}</span>
      <Button onClick={() => onChoose(chosen.length === all.length ? [] : all)}>
        {t(chosen.length === all.length ? 'tasks.batch.clear' : 'tasks.batch.all')}
      </Button>
      {tab === 'cc' ? (
        <Button
          type="primary"
          disabled={none}
          loading={deciding.isPending}
          onClick={() => deciding.mutate({ verb: 'read', comment: '' })}
        >
          {t('tasks.batch.read')}
        </Button>
      ) : (
        <>
          <Button type="primary" disabled={none} onClick={() => setAsked('approve')}>
            {t('tasks.verb.approve')}
          </Button>
          <Button danger disabled={none} onClick={() => setAsked('reject')}>
            {t('tasks.verb.reject')}
          </Button>
        </>
      )}
      {asked && (
        <AskMany
          verb={asked}
          count={chosen.length}
          busy={deciding.isPending}
          onOk={(comment) => deciding.mutate({ verb: asked, comment })}
          onCancel={() => setAsked(undefined)}
        />
      )}
      {answer && (
        <Skipped
          answer={answer}
          tasks={tasks}
          onClose={() => {
            setAnswer(undefined)
            onEnd()
          }}
        />
      )}
    </div>
  )
}

interface AskManyProps {
  verb: 'approve' | 'reject'
  count: number
  busy: boolean
  onOk: (comment: string) => void
  onCancel: () => void
}

function AskMany({ verb, count, busy, onOk, onCancel }: AskManyProps) {
  const { t } = useTranslation()
  const [comment, setComment] = useState('')
  const missing = verb === 'reject' && comment.trim() === ''
  return (
    <Ask
      title={t(`tasks.batch.ask.${verb}`, { count })}
      ok={t(`tasks.verb.${verb}`)}
      danger={verb === 'reject'}
      disabled={missing}
      busy={busy}
      onOk={() => onOk(comment.trim())}
      onCancel={onCancel}
    >
      <Labelled
        id="batch-comment"
        label={t(verb === 'reject' ? 'tasks.comment' : 'tasks.commentOptional')}
        required={verb === 'reject'}
        help={t('tasks.batch.help')}
      >
        <Input.TextArea
          id="batch-comment"
          rows={3}
          maxLength={2000}
          value={comment}
          onChange={(event) => setComment(event.target.value)}
        />
      </Labelled>
    </Ask>
  )
}

interface SkippedProps {
  answer: BatchAnswer
  tasks: readonly Task[]
  onClose: () => void
}

/** What was passed over and why, each with the way to it. */
function Skipped({ answer, tasks, onClose }: SkippedProps) {
  const { t } = useTranslation()
  const [subjects] = useState(() => new Map(tasks.map((task) => [task.id, task.subject])))
  return (
    <Modal
      open
      title={t('tasks.batch.some', { done: answer.done, skipped: answer.skipped.length })}
      footer={
        <Button type="primary" onClick={onClose}>
          {t('tasks.batch.close')}
        </Button>
      }
      onCancel={onClose}
    >
      <ul className="fw-skipped">
        {answer.skipped.map((each) => (
          <li key={each.task}>
            <Link to="/tasks/$id" params={{ id: each.task }}>
              {subjects.get(each.task) ?? each.task}
            </Link>
            <div className="fw-quiet">{problemText(each)}</div>
          </li>
        ))}
      </ul>
    </Modal>
  )
}
