import { Button, Result } from 'antd'
import { useTranslation } from 'react-i18next'
import { explain } from '@/lib/problems/explain'
import { isFailure } from '@/lib/problems/failure'

/** What could not be shown, why, and what to do. The request id helps whoever looks into the server's log. */
export function Failed({ error, onRetry }: { error: unknown; onRetry?: (() => void) | undefined }) {
  const { t } = useTranslation()
  const failure = isFailure(error) ? error : undefined
  return (
    <div role="alert">
      <Result
        status={failure?.code === 'not_found' ? '404' : 'warning'}
        title={failure?.code === 'not_found' ? t('page.notFound') : t('page.failed')}
        subTitle={
          <>
            <div>{explain(error)}</div>
            {failure?.requestId && <div>{t('page.requestId', { id: failure.requestId })}</div>}
          </>
        }
        extra={
          onRetry && (
            <Button type="primary" onClick={onRetry}>
              {t('common.retry')}
            </Button>
          )
        }
      />
    </div>
  )
}
