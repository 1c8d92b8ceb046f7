import { Radio, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { usePhone } from '@/ui/use-phone'
import type { EditorProps, FieldKind } from './kind'
import { choicesOf, optionTitle } from './options'
import { controlProps } from './text-input'

function SelectInput(props: EditorProps) {
  const phone = usePhone()
  const { t } = useTranslation()
  const value = typeof props.value === 'string' ? props.value : undefined
  const choices = choicesOf(props.field, value ? [value] : [])
  if (props.widget === 'radio' && !props.cell) {
    return (
      <Radio.Group
        id={props.id}
        aria-labelledby={`${props.id}-label`}
        aria-describedby={props.describedBy}
        optionType="button"
        buttonStyle="solid"
        className="fw-radios"
        value={value}
        options={choices}
        onChange={(event) => {
          props.onChange(event.target.value)
          props.onBlur()
        }}
      />
    )
  }
  if (phone) return <NativeSelect {...props} value={value} choices={choices} />
  return (
    <Select
      {...controlProps(props)}
      defaultOpen={props.cell !== undefined}
      showSearch={{ optionFilterProp: 'label' }}
      allowClear={!props.required}
      value={value ?? null}
      options={choices}
      placeholder={props.placeholder ?? t('form.choose')}
      style={{ width: '100%' }}
      onChange={(chosen: string | null | undefined) => {
        props.onChange(chosen ?? undefined)
        props.cell?.onDone()
      }}
      onBlur={props.onBlur}
    />
  )
}

interface NativeSelectProps extends Omit<EditorProps, 'value'> {
  value: string | undefined
  choices: { value: string; label: string }[]
}

function NativeSelect(props: NativeSelectProps) {
  const { t } = useTranslation()
  return (
    <select
      id={props.id}
      className={props.invalid ? 'fw-native fw-native-bad' : 'fw-native'}
      aria-invalid={props.invalid}
      aria-describedby={props.describedBy}
      aria-required={props.required}
      value={props.value ?? ''}
      onChange={(event) =>
        props.onChange(event.target.value === '' ? undefined : event.target.value)
      }
      onBlur={props.onBlur}
    >
      <option value="">{t('form.choose')}</option>
      {props.choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.label}
        </option>
      ))}
    </select>
  )
}

/** One of the options. */
export const select: FieldKind = {
  Editor: SelectInput,
  text: (value, { field }) => optionTitle(field, String(value)),
}
