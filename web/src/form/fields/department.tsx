import type { EditorProps, FieldKind } from './kind'
import { ReferencePicker } from './reference-picker'

function DepartmentInput(props: EditorProps) {
  return <ReferencePicker {...props} target="department" />
}

/** One department of the company. */
export const department: FieldKind = {
  Editor: DepartmentInput,
  text: (value, { nameOf }) => nameOf('department', String(value)) ?? String(value),
}
