import i18next from 'i18next'
import { useTranslation } from 'react-i18next'
import type { EditorProps, FieldKind } from './kind'

function FilesNote(props: EditorProps) {
  const { t } = useTranslation()
  const count = Array.isArray(props.value) ? props.value.length : 0
  return (
    <div id={props.id} className="fw-quiet">
      {t('form.files', { count })}
    </div>
  )
}

/** Files of a record. The API takes no uploads yet, so they are counted and not changed. */
export const files: FieldKind = {
  Editor: FilesNote,
  text: (value) => i18next.t('form.files', { count: Array.isArray(value) ? value.length : 1 }),
}
