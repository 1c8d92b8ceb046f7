import '../fields/files/files.css'
import { SendingLines } from '../fields/files/sending-line'
import { SignaturePad } from '../fields/files/signature-pad'
import type { Stroke } from '../fields/files/strokes'
import { isSending, type Uploads } from '../fields/files/use-uploads'

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
      <SignaturePad id={id} invalid={false} busy={isSending(uploads)} onDraw={onDraw} />
      <ul>
        <SendingLines uploads={uploads} />
      </ul>
    </div>
  )
}
