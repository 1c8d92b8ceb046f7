import type { EditorProps, FieldKind } from './kind'
import { TextInput } from './text-input'

function PhoneInput(props: EditorProps) {
  return <TextInput {...props} inputMode="tel" />
}

/** A mobile or landline number. */
export const phone: FieldKind = { Editor: PhoneInput, text: String }
