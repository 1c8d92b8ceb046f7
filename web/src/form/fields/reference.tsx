import type { EditorProps, FieldKind } from './kind'
import { ReferencePicker } from './reference-picker'

function ReferenceInput(props: EditorProps) {
  return <ReferencePicker {...props} target={props.field['x-entity'] ?? ''} />
}

/** One record of another entity. */
export const reference: FieldKind = {
  Editor: ReferenceInput,
  text: (value, { field, nameOf }) =>
    nameOf(field['x-entity'] ?? '', String(value)) ?? String(value),
}
