import './native-date.css'
import { Input, type InputProps } from 'antd'
import { useTranslation } from 'react-i18next'

type NativeType = 'date' | 'month' | 'datetime-local' | 'time'

interface NativeDateProps extends Omit<InputProps, 'type' | 'value' | 'onChange'> {
  type: NativeType
  /** As the browser keeps it: YYYY-MM-DD, YYYY-MM, YYYY-MM-DDTHH:mm or HH:mm; or empty. */
  value: string
  onChange: (value: string) => void
}

/**
 * The phone's own picker: its wheels are what people know, and it costs nothing to load. What it writes follows the
 * language of the device, which need not be that of the page; so a finger sees our own writing over it. Where there is
 * a keyboard, the browser's parts are shown while they are typed in.
 */
export function NativeDate({ type, value, onChange, className, ...input }: NativeDateProps) {
  const { t } = useTranslation()
  return (
    <span className={value === '' ? 'fw-native-date fw-native-date-empty' : 'fw-native-date'}>
      <Input
        {...input}
        {...(className ? { className } : {})}
        type={type}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      <span className="fw-native-date-text" aria-hidden="true">
        {value === '' ? t(`form.native.${type}`) : value.replace('T', ' ')}
      </span>
    </span>
  )
}
