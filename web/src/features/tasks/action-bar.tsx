import { LeftOutlined, RightOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Verb } from '@/api/tasks'

interface ActionBarProps {
  verbs: readonly Verb[]
  /** Said instead of the buttons when there is nothing to decide. */
  closedNote: string | undefined
  busy: boolean
  onVerb: (verb: Verb) => void
  previous: string | undefined
  next: string | undefined
  onOpen: (task: string) => void
}

/** What can be decided, always in sight, and the way to the tasks before and after. */
export function ActionBar({
  verbs,
  closedNote,
  busy,
  onVerb,
  previous,
  next,
  onOpen,
}: ActionBarProps) {
  const { t } = useTranslation()
  return (
    <div className="fw-action-bar" role="toolbar" aria-label={t('tasks.actions')}>
      {verbs.includes('approve') && (
        <Button type="primary" disabled={busy} onClick={() => onVerb('approve')}>
          {t('tasks.verb.approve')}
        </Button>
      )}
      {verbs.includes('return') && (
        <Button disabled={busy} onClick={() => onVerb('return')}>
          {t('tasks.verb.return')}
        </Button>
      )}
      {verbs.includes('reject') && (
        <Button danger disabled={busy} onClick={() => onVerb('reject')}>
          {t('tasks.verb.reject')}
        </Button>
      )}
      {closedNote && <span className="fw-quiet">{closedNote}</span>}
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
    </div>
  )
}
