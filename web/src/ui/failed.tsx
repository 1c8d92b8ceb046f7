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
  const forbidden = failure?.code === 'forbidden'
  const absent = forbidden || failure?.code === 'not_found'
  const title = t(forbidden ? 'page.forbidden' : absent ? 'page.notFound' : 'page.failed')
  // What is not there, or not for this person, will not be there the next moment either: another way out comes first.
  const actions = (
    <>
      {onRetry && (
        <Button type={absent ? 'default' : 'primary'} onClick={onRetry}>
          {t('common.retry')}
        </Button>
      )}
      {absent && (
        <Button type="primary" href="/">
          {t('page.home')}
        </Button>
      )}
    </>
  )
  return (
    <div role="alert">
      <MessagePage title={title} actions={actions}>
        {explain(error)}
        {failure?.requestId && !absent && (
          <div>{t('page.requestId', { id: failure.requestId })}</div>
        )}
      </MessagePage>
    </div>
  )
}
