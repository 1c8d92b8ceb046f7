import { CloseOutlined, ReloadOutlined } from '@ant-design/icons'
import { Button, Progress } from 'antd'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/api/request'
import { explain } from '@/lib/problems/explain'
import type { Sending, Uploads } from './use-uploads'

/** A file on its way: how far it is, or why it did not arrive. */
export function SendingLine({ item, uploads }: { item: Sending; uploads: Uploads }) {
  const { t } = useTranslation()
  const { key, name, part, error } = item
  return (
    <li className="fw-file-line">
      <div className="fw-file-name" role={error === undefined ? 'status' : 'alert'}>
        {t(part === undefined && error === undefined ? 'files.preparing' : 'files.sending', {
          name,
        })}
        {error === undefined ? (
          <Progress percent={Math.round((part ?? 0) * 100)} size="small" showInfo={false} />
        ) : (
          <div className="fw-problem">{explain(error)}</div>
        )}
      </div>
      {error !== undefined && !isRefused(error) && (
        <Button icon={<ReloadOutlined />} onClick={() => uploads.retry(key)}>
          {t('files.retry')}
        </Button>
      )}
      <Button
        type="text"
        icon={<CloseOutlined />}
        aria-label={t('files.stop', { name })}
        onClick={() => uploads.stop(key)}
      />
    </li>
  )
}

/** Whether the server would refuse it again; a lost line or a fault of the server may pass. */
function isRefused(error: unknown): boolean {
  return error instanceof ApiError && error.status >= 400 && error.status < 500
}
