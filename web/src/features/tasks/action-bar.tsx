import { LeftOutlined, RightOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { DecisionVerb, TaskVerb } from '@/api/tasks'

const decisions: readonly DecisionVerb[] = ['approve', 'return', 'reject']

interface ActionBarProps {
  /** What the person may do; verbs that this page does not offer are passed over. */
  verbs: readonly string[]
  /** Stands where there is nothing to decide. */
  instead: ReactNode
  busy: boolean
  onVerb: (verb: TaskVerb) => void
  previous: string | undefined
  next: string | undefined
  onOpen: (task: string) => void
}

/** What can be decided, always in sight, and the way to the tasks before and after. */
export function ActionBar(props: ActionBarProps) {
  const { t } = useTranslation()
  const { verbs, busy, onVerb, previous, next, onOpen } = props
  const offered = decisions.filter((verb) => verbs.includes(verb))
  return (
    <div className="fw-action-bar" role="toolbar" aria-label={t('tasks.actions')}>
      {offered.map((verb) => (
        <Button
          key={verb}
          type={verb === 'approve' ? 'primary' : 'default'}
          danger={verb === 'reject'}
          disabled={busy}
          onClick={() => onVerb(verb)}
        >
          {t(`tasks.verb.${verb}`)}
        </Button>
      ))}
      {verbs.includes('save') && (
        <Button disabled={busy} onClick={() => onVerb('save')}>
          {t('tasks.verb.save')}
        </Button>
      )}
      {offered.length === 0 && props.instead}
      {(previous || next) && (
        <div className="fw-action-bar-side">
          <Button
            type="text"
            icon={<LeftOutlined />}
            disabled={!previous}
            onClick={() => previous && onOpen(previous)}
          >
            {t('tasks.previous')}
          </Button>
          <Button
            type="text"
            icon={<RightOutlined />}
            iconPlacement="end"
            disabled={!next}
            onClick={() => next && onOpen(next)}
          >
            {t('tasks.next')}
          </Button>
        </div>
      )}
    </div>
  )
}
