import '../fields/files/files.css'
import { CloseOutlined, PaperClipOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { deleteFile, type UploadedFile } from '@/api/files'
import { PickButton } from '../fields/files/pick-button'
import { SendingLines } from '../fields/files/sending-line'
import { isSending, type Uploads, useUploads } from '../fields/files/use-uploads'

/** How many files may go with one decision or comment. */
const most = 9

/** Files chosen to go with words. */
export interface Attachments {
  files: readonly UploadedFile[]
  uploads: Uploads
  /** Some are still on their way. */
  busy: boolean
  remove: (id: string) => void
}

interface AttachmentsOptions {
  value: readonly UploadedFile[]
  onChange: (change: (files: readonly UploadedFile[]) => readonly UploadedFile[]) => void
}

/** Sends the files a person attaches, and takes back those he drops again. */
export function useAttachments({ value, onChange }: AttachmentsOptions): Attachments {
  const uploads = useUploads({
    use: 'attachment',
    onDone: (file) => onChange((files) => [...files, file]),
  })
  return {
    files: value,
    uploads,
    busy: isSending(uploads),
    remove: (id) => {
      onChange((files) => files.filter((file) => file.id !== id))
      deleteFile(id).catch(() => undefined) // what stays behind goes after a day
    },
  }
}

/** A button for files that go with words, and what was chosen. */
export function AttachmentsBox({ id, attachments }: { id: string; attachments: Attachments }) {
  const { t } = useTranslation()
  const { files, uploads, remove } = attachments
  const room = most - files.length - uploads.sending.length
  return (
    <div className="fw-files fw-attachments">
      <ul>
        {files.map((file) => (
          <li key={file.id} className="fw-file-line">
            <div className="fw-file-name">{file.name}</div>
            <Button
              type="text"
              icon={<CloseOutlined />}
              aria-label={t('files.remove', { name: file.name })}
              onClick={() => remove(file.id)}
            />
          </li>
        ))}
        <SendingLines uploads={uploads} />
      </ul>
      {room > 0 && (
        <div>
          <PickButton
            id={id}
            icon={<PaperClipOutlined />}
            multiple
            label={t('verbs.attach')}
            onPick={(chosen) => uploads.add(chosen.slice(0, room))}
          >
            {t('verbs.attach')}
          </PickButton>
        </div>
      )}
    </div>
  )
}
