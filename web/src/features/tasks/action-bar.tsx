import { LeftOutlined, MoreOutlined, RightOutlined } from '@ant-design/icons'
import { Button, Dropdown } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Possible } from '@/api/verbs'
import { verbText, wordOf } from '@/form/verbs/needs'
import { usePhone } from '@/ui/use-phone'

/** The verbs that are buttons, in their order; the others stand under “more”. */
const foremost: readonly string[] = ['approve', 'handled', 'resolve', 'return', 'reject', 'save']

interface ActionBarProps {
  /** What the person may do with this task. */
  can: readonly Possible[]
  /** Stands where there is nothing to decide. */
  instead: ReactNode
  busy: boolean
  onVerb: (can: Possible) => void
  /** Stands at the end of the bar. */
  children?: ReactNode
}

/** What can be decided, always in sight. */
export function ActionBar(props: ActionBarProps) {
  const { t } = useTranslation()
  const phone = usePhone()
  const { can, busy, onVerb } = props
  // Under the thumb there is room for three.
  const shown = foremost.filter((verb) => !phone || verb !== 'save')
  const buttons = shown.flatMap((verb) => can.filter((each) => wordOf(each) === verb))
  const more = can.filter((each) => !buttons.includes(each))
  return (
    <div className="fw-action-bar" role="toolbar" aria-label={t('tasks.actions')}>
      {buttons.map((each) => (
        <Button
          key={each.verb}
          type={each.verb === 'approve' || each.verb === 'resolve' ? 'primary' : 'default'}
          danger={each.verb === 'reject'}
          disabled={busy}
          onClick={() => onVerb(each)}
        >
          {verbText(wordOf(each))}
        </Button>
      ))}
      {more.length > 0 && (
        <Dropdown
          trigger={['click']}
          autoFocus
          menu={{
            items: more.map((each) => ({
              key: `${each.on}.${each.verb}`,
              label: verbText(wordOf(each)),
              danger: each.verb === 'terminate' || each.verb === 'cancel',
            })),
            onClick: ({ key }) => {
              const chosen = more.find((each) => `${each.on}.${each.verb}` === key)
              if (chosen) onVerb(chosen)
            },
          }}
        >
          <Button
            className="fw-action-more"
            icon={<MoreOutlined />}
            aria-haspopup="menu"
            aria-label={t('record.more')}
            disabled={busy}
          >
            {!phone && t('record.more')}
          </Button>
        </Dropdown>
      )}
      {can.length === 0 && props.instead}
      {props.children}
    </div>
  )
}

interface NeighboursProps {
  previous: string | undefined
  next: string | undefined
  onOpen: (task: string) => void
}

/** The way to the tasks before and after; on a phone, where each line counts, without words. */
export function Neighbours({ previous, next, onOpen }: NeighboursProps) {
  const { t } = useTranslation()
  const phone = usePhone()
  if (!previous && !next) return null
  return (
    <div className="fw-neighbours">
      <Button
        type="text"
        icon={<LeftOutlined />}
        disabled={!previous}
        aria-label={t('tasks.previous')}
        onClick={() => previous && onOpen(previous)}
      >
        {!phone && t('tasks.previous')}
      </Button>
      <Button
        type="text"
        icon={<RightOutlined />}
        iconPlacement="end"
        disabled={!next}
        aria-label={t('tasks.next')}
        onClick={() => next && onOpen(next)}
      >
        {!phone && t('tasks.next')}
      </Button>
    </div>
  )
}
