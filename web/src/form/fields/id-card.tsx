import type { EditorProps, FieldKind } from './kind'
import { TextInput } from './text-input'

function IdCardInput(props: EditorProps) {
  return <TextInput {...props} read={(typed) => typed.toUpperCase()} />
}

/** A resident identity card number: 17 digits and a check digit, which may be X. */
export const idCard: FieldKind = { Editor: IdCardInput, text: String }
