import './files/files.css'
import { DeleteOutlined, PaperClipOutlined, UploadOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import i18next from 'i18next'
import { useTranslation } from 'react-i18next'
import { fileUrl } from '@/api/files'
import { inCells } from './files/cell-dialog'
import { DropZone } from './files/drop-zone'
import { PickButton } from './files/pick-button'
import { SendingLines } from './files/sending-line'
import { idsOf, useFileList } from './files/use-file-list'
import type { EditorProps, FieldKind, ShownProps } from './kind'

/** What the file dialog offers for a kind of files. */
const accepted: Record<string, string> = {
  image: '.jpg,.jpeg,.png,.gif,.webp,.heic',
  pdf: '.pdf',
  document: '.doc,.docx,.odt,.wps',
  sheet: '.xls,.xlsx,.ods,.et',
  slides: '.ppt,.pptx,.odp,.dps',
  text: '.txt,.csv,.log,.md',
  archive: '.zip,.rar,.7z',
  drawing: '.dwg,.dxf',
}

function AttachmentInput(props: EditorProps) {
  const { t } = useTranslation()
  const list = useFileList(props, 'attachment')
  const types = props.field['x-files']?.types ?? Object.keys(accepted)
  return (
    <DropZone onDrop={list.room > 0 ? list.add : undefined}>
      <ul>
        {list.ids.map((id) => (
          <li key={id} className="fw-file-line">
            <FileLink id={id} name={list.nameOf(id)} />
            <Button
              type="text"
              icon={<DeleteOutlined />}
              aria-label={t('files.remove', { name: list.nameOf(id) })}
              onClick={() => list.remove(id)}
            />
          </li>
        ))}
        <SendingLines uploads={list} />
      </ul>
      <div className="fw-files-tools">
        {list.room > 0 && (
          <PickButton
            id={props.id}
            icon={<UploadOutlined />}
            label={t('files.chooseFile')}
            describedBy={props.describedBy}
            accept={types.map((type) => accepted[type]).join(',')}
            multiple={list.room > 1}
            onPick={list.add}
          >
            {t('files.chooseFile')}
          </PickButton>
        )}
        <span className="fw-help">{t('files.count', { n: list.ids.length, max: list.max })}</span>
      </div>
    </DropZone>
  )
}

function FileLink({ id, name }: { id: string; name: string }) {
  const { t } = useTranslation()
  return (
    <a
      className="fw-file-name"
      href={fileUrl(id, 'download')}
      download={name}
      aria-label={t('files.download', { name })}
    >
      <PaperClipOutlined /> {name}
    </a>
  )
}

function ShownFiles({ value, showing, small }: ShownProps) {
  const ids = idsOf(value)
  if (small) return i18next.t('form.files', { count: ids.length })
  return (
    <span className="fw-files">
      {ids.map((id) => (
        <FileLink key={id} id={id} name={showing.nameOf('file', id) ?? i18next.t('files.open')} />
      ))}
    </span>
  )
}

/** Documents. */
export const attachment: FieldKind = {
  Editor: inCells(AttachmentInput),
  text: (value, { nameOf }) =>
    idsOf(value)
      .map((id) => nameOf('file', id))
      .filter(Boolean)
      .join(i18next.t('form.comma')) || i18next.t('form.files', { count: idsOf(value).length }),
  Shown: ShownFiles,
  wide: true,
}
