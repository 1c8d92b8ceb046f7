import i18next from 'i18next'
import type { EditorProps, FieldKind } from './kind'
import { SeveralPicker } from './several-picker'

function ReferencesInput(props: EditorProps) {
  return <SeveralPicker {...props} target={props.field['x-entity'] ?? ''} />
}

/** Records of another entity. */
export const references: FieldKind = {
  Editor: ReferencesInput,
  text: (value, { field, nameOf }) =>
    (Array.isArray(value) ? value : [])
      .map((id) => nameOf(field['x-entity'] ?? '', String(id)) ?? String(id))
      .join(i18next.t('form.comma')),
}
