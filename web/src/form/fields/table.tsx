import i18next from 'i18next'
import { useTranslation } from 'react-i18next'
import type { EditorProps, FieldKind } from './kind'

function RowCount(props: EditorProps) {
  const { t } = useTranslation()
  return (
    <span id={props.id}>
      {t('form.rows', { count: Array.isArray(props.value) ? props.value.length : 0 })}
    </span>
  )
}

/** A sub-table. In a form grid/ shows it; where there is one line only, its rows are counted. */
export const table: FieldKind = {
  Editor: RowCount,
  text: (value) => i18next.t('form.rows', { count: Array.isArray(value) ? value.length : 0 }),
  wide: true,
}
