import '../fields/files/files.css'
import { SendingLine } from '../fields/files/sending-line'
import { SignaturePad } from '../fields/files/signature-pad'
import type { Stroke } from '../fields/files/strokes'
import type { Uploads } from '../fields/files/use-uploads'

interface SignBoxProps {
  id: string
  /** Brings what was drawn when the decision is made. */
  uploads: Uploads
  onDraw: (strokes: readonly Stroke[] | undefined) => void
}

/** The signature that goes with a decision. It is bound to this task, and to what was shown, when the decision is made. */
export function SignBox({ id, uploads, onDraw }: SignBoxProps) {
  return (
    <div className="fw-files">
      <SignaturePad
        id={id}
        invalid={false}
        busy={uploads.sending.some((item) => item.error === undefined)}
        onDraw={onDraw}
      />
      <ul>
        {uploads.sending.map((item) => (
          <SendingLine key={item.key} item={item} uploads={uploads} />
        ))}
      </ul>
    </div>
  )
}
