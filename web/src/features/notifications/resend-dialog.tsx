import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert } from 'antd'
import { useTranslation } from 'react-i18next'
import {
  type DeliverySearch,
  notificationQueries,
  type Resending,
  resend,
} from '@/api/notifications'
import { translateIfKnown } from '@/lib/i18n'
import { explain } from '@/lib/problems/explain'
import { Ask } from '@/ui/ask'
import { Waiting } from '@/ui/boundary'

interface ResendDialogProps {
  search: DeliverySearch
  /** What of the log is meant, in words. */
  scope: string
  onClose: () => void
}

/** Sends everything again that was given up: first how many and what not, then what came of it. */
export function ResendDialog({ search, scope, onClose }: ResendDialogProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const preview = useQuery({ ...notificationQueries.resend(search), staleTime: 0, gcTime: 0 })
  const sending = useMutation({
    mutationFn: () => resend(search),
    onSuccess: () => client.invalidateQueries({ queryKey: ['deliveries', 'log'] }),
  })
  if (sending.data) {
    return (
      <Ask
        title={t('deliveries.resend')}
        ok={t('monitor.close')}
        busy={false}
        onOk={onClose}
        onCancel={onClose}
      >
        <Alert
          type="success"
          showIcon
          title={t('deliveries.resent', { count: sending.data.sent })}
        />
        <LeftOut resending={sending.data} />
      </Ask>
    )
  }
  const count = preview.data?.sent ?? 0
  return (
    <Ask
      title={t('deliveries.resend')}
      ok={count > 0 ? t('deliveries.resendCount', { count }) : t('deliveries.resend')}
      disabled={count === 0}
      busy={sending.isPending}
      onOk={() => sending.mutate()}
      onCancel={onClose}
    >
      <p className="fw-quiet">{scope}</p>
      {preview.isPending && <Waiting />}
      {preview.error && <Alert type="error" showIcon title={explain(preview.error)} />}
      {preview.data && (
        <>
          <p>
            {count > 0 ? t('deliveries.willResend', { count }) : t('deliveries.nothingToResend')}
          </p>
          <LeftOut resending={preview.data} />
        </>
      )}
      {sending.error && <Alert type="error" showIcon role="alert" title={explain(sending.error)} />}
    </Ask>
  )
}

/** What is not sent again, and why. */
function LeftOut({ resending: { leftOut, more } }: { resending: Resending }) {
  const { t } = useTranslation()
  return (
    <>
      {leftOut.length > 0 && (
        <>
          <p>{t('deliveries.leftOut')}</p>
          <ul className="fw-left-out">
            {leftOut.map(({ code, count }) => (
              <li key={code}>
                {t('deliveries.leftOutCount', { count })}
                {t('form.colon')}
                {translateIfKnown(`deliveries.errors.${code}`) ?? code}
              </li>
            ))}
          </ul>
        </>
      )}
      {more && <Alert type="info" showIcon title={t('deliveries.moreToResend')} />}
    </>
  )
}
