import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Failed } from '@/ui/failed'
import { MessagePage } from '@/ui/message-page'
import { queryClient } from './query-client'

/** Shown for addresses that lead nowhere. */
export function NotFound() {
  const { t } = useTranslation()
  return (
    <MessagePage title={t('page.notFound')} actions={<Link to="/">{t('page.home')}</Link>}>
      {t('page.notFoundHelp')}
    </MessagePage>
  )
}

/** Shown when a whole page fails: why, and a retry. */
export function RouteFailed({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  return (
    <Failed
      error={error}
      onRetry={() => {
        void queryClient.resetQueries({ predicate: (query) => query.state.status === 'error' })
        reset()
        void router.invalidate()
      }}
    />
  )
}
