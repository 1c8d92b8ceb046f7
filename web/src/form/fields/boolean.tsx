import { Checkbox } from 'antd'
import i18next from 'i18next'
import { useTranslation } from 'react-i18next'
import type { EditorProps, FieldKind } from './kind'

function BooleanInput(props: EditorProps) {
  const { t } = useTranslation()
  return (
    <Checkbox
      id={props.id}
      checked={props.value === true}
      autoFocus={props.cell !== undefined}
      aria-label={props.cell?.label}
      aria-describedby={props.describedBy}
      onChange={(event) => {
        props.onChange(event.target.checked)
        props.cell?.onDone()
      }}
      onBlur={props.onBlur}
    >
      {props.cell ? null : t('common.yes')}
    </Checkbox>
  )
}

/** Yes or no; not answered is neither. */
export const boolean: FieldKind = {
  Editor: BooleanInput,
  text: (value) => i18next.t(value === true ? 'common.yes' : 'common.no'),
}
