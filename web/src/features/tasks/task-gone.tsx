import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { MessagePage } from '@/ui/message-page'

/** Said where a task was: somebody else has decided it, or it was taken back. Links in messages lead here late. */
export function TaskGone() {
  const { t } = useTranslation()
  return (
    <MessagePage
      title={t('tasks.gone.title')}
      actions={
        <Link to="/" className="fw-button-link">
          {t('tasks.gone.toList')}
        </Link>
      }
    >
      {t('tasks.gone.help')}
    </MessagePage>
  )
}
