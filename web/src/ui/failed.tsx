import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { explain } from '@/lib/problems/explain'
import { isFailure } from '@/lib/problems/failure'
import { MessagePage } from './message-page'

interface FailedProps {
  error: unknown
  onRetry?: (() => void) | undefined
}

/** What could not be shown, why, and what to do. The request id helps whoever looks into the server's log. */
export function Failed({ error, onRetry }: FailedProps) {
  const { t } = useTranslation()
  const failure = isFailure(error) ? error : undefined
  const title = failure?.code === 'not_found' ? t('page.notFound') : t('page.failed')
  const retry = onRetry && (
    <Button type="primary" onClick={onRetry}>
      {t('common.retry')}
    </Button>
  )
  return (
    <div role="alert">
      <MessagePage title={title} actions={retry}>
        {explain(error)}
        {failure?.requestId && <div>{t('page.requestId', { id: failure.requestId })}</div>}
      </MessagePage>
    </div>
  )
}
