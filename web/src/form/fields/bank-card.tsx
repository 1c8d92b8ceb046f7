import type { EditorProps, FieldKind } from './kind'
import { TextInput } from './text-input'

function BankCardInput(props: EditorProps) {
  return <TextInput {...props} inputMode="numeric" />
}

/** A bank account number, read in groups of four as it stands on the card. */
export const bankCard: FieldKind = {
  Editor: BankCardInput,
  text: (value) => String(value).replace(/(.{4})(?=.)/g, '$1 '),
}
