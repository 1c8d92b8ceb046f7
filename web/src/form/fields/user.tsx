import type { EditorProps, FieldKind } from './kind'
import { ReferencePicker } from './reference-picker'

function UserInput(props: EditorProps) {
  return <ReferencePicker {...props} target="user" />
}

/** One person of the company. */
export const user: FieldKind = {
  Editor: UserInput,
  text: (value, { nameOf }) => nameOf('user', String(value)) ?? String(value),
}
