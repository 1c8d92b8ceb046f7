import '../fields/files/files.css'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { thumbUrl } from '@/api/files'
import { SendingLine } from '../fields/files/sending-line'
import { SignaturePad } from '../fields/files/signature-pad'
import { useUploads } from '../fields/files/use-uploads'

interface SignBoxProps {
  id: string
  /** The uploaded signature, undefined until there is one. */
  value: string | undefined
  onChange: (file: string | undefined) => void
}

/** The signature that goes with a decision. It is bound to this task, and to what was shown, when the decision is made. */
export function SignBox({ id, value, onChange }: SignBoxProps) {
  const { t } = useTranslation()
  const uploads = useUploads({ use: 'signature', onDone: (file) => onChange(file.id) })
  if (value) {
    return (
      <div className="fw-files">
        <img className="fw-signature" src={thumbUrl(value, 480)} alt={t('files.sign')} />
        <div className="fw-files-tools">
          <Button id={id} onClick={() => onChange(undefined)}>
            {t('files.signAgain')}
          </Button>
        </div>
      </div>
    )
  }
  return (
    <div className="fw-files">
      <SignaturePad
        id={id}
        invalid={false}
        busy={uploads.sending.some((item) => item.error === undefined)}
        onSign={(drawn) =>
          uploads.add([new File([drawn], `${t('files.sign')}.png`, { type: 'image/png' })])
        }
      />
      <ul>
        {uploads.sending.map((item) => (
          <SendingLine key={item.key} item={item} uploads={uploads} />
        ))}
      </ul>
    </div>
  )
}
