import { Select } from 'antd'
import i18next from 'i18next'
import { useTranslation } from 'react-i18next'
import type { EditorProps, FieldKind } from './kind'
import { choicesOf, optionTitle } from './options'
import { controlProps } from './text-input'

function MultiSelectInput(props: EditorProps) {
  const { t } = useTranslation()
  const value = Array.isArray(props.value) ? props.value.map(String) : []
  return (
    <Select
      {...controlProps(props)}
      mode="multiple"
      showSearch={{ optionFilterProp: 'label' }}
      value={value}
      options={choicesOf(props.field, value)}
      placeholder={props.placeholder ?? t('form.choose')}
      style={{ width: '100%' }}
      onChange={(chosen: string[]) => props.onChange(chosen.length > 0 ? chosen : undefined)}
      onBlur={props.onBlur}
    />
  )
}

/** Any number of the options. */
export const multiselect: FieldKind = {
  Editor: MultiSelectInput,
  text: (value, { field }) =>
    (Array.isArray(value) ? value : [])
      .map((name) => optionTitle(field, String(name)))
      .join(i18next.t('form.comma')),
}
