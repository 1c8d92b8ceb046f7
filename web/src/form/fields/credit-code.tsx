import type { EditorProps, FieldKind } from './kind'
import { TextInput } from './text-input'

function CreditCodeInput(props: EditorProps) {
  return <TextInput {...props} read={(typed) => typed.toUpperCase()} />
}

/** A unified social credit code: 18 digits and capitals. */
export const creditCode: FieldKind = { Editor: CreditCodeInput, text: String }
