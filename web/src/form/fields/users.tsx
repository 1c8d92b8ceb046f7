import i18next from 'i18next'
import type { EditorProps, FieldKind } from './kind'
import { SeveralPicker } from './several-picker'

function UsersInput(props: EditorProps) {
  return <SeveralPicker {...props} target="user" />
}

/** People of the company. */
export const users: FieldKind = {
  Editor: UsersInput,
  text: (value, { nameOf }) =>
    (Array.isArray(value) ? value : [])
      .map((id) => nameOf('user', String(id)) ?? String(id))
      .join(i18next.t('form.comma')),
}
