import { Alert, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { fromNow } from '@/lib/time'
import { useNow } from '@/ui/use-now'

interface RestoredProps {
  /** When it was typed, in milliseconds. */
  at: number
  onDrop: () => void
}

/** Says that the form holds what was typed before and not saved, and lets it go. */
export function Restored({ at, onDrop }: RestoredProps) {
  const { t } = useTranslation()
  const now = useNow()
  return (
    <Alert
      type="info"
      showIcon
      role="status"
      style={{ marginBottom: 12 }}
      title={t('kept.title', { when: fromNow(new Date(at).toISOString(), now) })}
      action={<Button onClick={onDrop}>{t('kept.drop')}</Button>}
    />
  )
}
