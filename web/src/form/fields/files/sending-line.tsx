import { CloseOutlined, DeleteOutlined, ReloadOutlined } from '@ant-design/icons'
import { Button, Progress } from 'antd'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/api/request'
import { explain } from '@/lib/problems/explain'
import type { Sending, Uploads } from './use-uploads'

/** The files on their way, and those that did not arrive. */
export function SendingLines({ uploads }: { uploads: Uploads }) {
  return uploads.sending.map((item) =>
    item.error === undefined ? (
      <SendingLine key={item.key} item={item} uploads={uploads} />
    ) : (
      <FailedLine key={item.key} item={item} error={item.error} uploads={uploads} />
    ),
  )
}

interface LineProps {
  item: Sending
  uploads: Uploads
}

/** A file on its way: how far it is. */
function SendingLine({ item, uploads }: LineProps) {
  const { t } = useTranslation()
  const { key, name, part } = item
  return (
    <li className="fw-file-line">
      <div className="fw-file-name" role="status">
        {t(part === undefined ? 'files.preparing' : 'files.sending', { name })}
        <Progress percent={Math.round((part ?? 0) * 100)} size="small" showInfo={false} />
      </div>
      <Button
        type="text"
        icon={<CloseOutlined />}
        aria-label={t('files.stop', { name })}
        onClick={() => uploads.stop(key)}
      />
    </li>
  )
}

/** A file that did not arrive: why, and what can be done. */
function FailedLine({ item, error, uploads }: LineProps & { error: unknown }) {
  const { t } = useTranslation()
  const { key, name } = item
  return (
    <li className="fw-file-line fw-file-failed">
      <div className="fw-file-name" role="alert">
        {t('files.failed', { name })}
        <div className="fw-problem">{explain(error)}</div>
      </div>
      {!isRefused(error) && (
        <Button
          icon={<ReloadOutlined />}
          aria-label={t('files.retryOf', { name })}
          onClick={() => uploads.retry(key)}
        >
          {t('files.retry')}
        </Button>
      )}
      <Button
        type="text"
        icon={<DeleteOutlined />}
        aria-label={t('files.remove', { name })}
        onClick={() => uploads.stop(key)}
      />
    </li>
  )
}

/** Answers that are about the moment and not about the file: the session ended, the line was slow, it was too much at once. */
const passing = [401, 408, 429]

/** Whether the server would refuse it again; a lost line or a fault of the server may pass. */
function isRefused(error: unknown): boolean {
  if (!(error instanceof ApiError) || passing.includes(error.status)) return false
  return error.status >= 400 && error.status < 500
}
