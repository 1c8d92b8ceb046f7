import './files/files.css'
import { EditOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import i18next from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { deleteFile, thumbUrl } from '@/api/files'
import { useForm } from '../form-context'
import { inCells } from './files/cell-dialog'
import { SendingLines } from './files/sending-line'
import { SignaturePad } from './files/signature-pad'
import { isSending, useUploads } from './files/use-uploads'
import type { EditorProps, FieldKind, ShownProps } from './kind'

const shownSize = 480

function SignatureInput(props: EditorProps) {
  const { t } = useTranslation()
  const { model } = useForm()
  const [fresh, setFresh] = useState<string>()
  const uploads = useUploads({
    use: 'signature',
    onDone: (file) => {
      model.learnName('file', file.id, file.name)
      setFresh(file.id)
      props.onChange(file.id)
      props.onBlur()
    },
  })
  if (typeof props.value === 'string') {
    const id = props.value
    return (
      <div className="fw-files">
        <SignaturePicture id={id} />
        <div className="fw-files-tools">
          <Button
            id={props.id}
            icon={<EditOutlined />}
            onClick={() => {
              if (id === fresh) void deleteFile(id).catch(() => undefined)
              props.onChange(undefined)
            }}
          >
            {t('files.signAgain')}
          </Button>
        </div>
      </div>
    )
  }
  return (
    <div className="fw-files">
      <SignaturePad
        id={props.id}
        invalid={props.invalid}
        describedBy={props.describedBy}
        busy={isSending(uploads)}
        onSign={(drawn) =>
          uploads.add([new File([drawn], `${t('files.sign')}.png`, { type: 'image/png' })])
        }
      />
      <ul>
        <SendingLines uploads={uploads} />
      </ul>
    </div>
  )
}

function SignaturePicture({ id, small }: { id: string; small?: true | undefined }) {
  const { t } = useTranslation()
  return (
    <img
      className={small ? 'fw-signature fw-signature-small' : 'fw-signature'}
      src={thumbUrl(id, shownSize)}
      alt={t('files.sign')}
      loading="lazy"
    />
  )
}

function ShownSignature({ value, small }: ShownProps) {
  return <SignaturePicture id={String(value)} small={small} />
}

/** A name written by hand. */
export const signature: FieldKind = {
  Editor: inCells(SignatureInput),
  text: () => i18next.t('files.signed'),
  Shown: ShownSignature,
  wide: true,
}
