import { DatePicker } from 'antd'
import dayjs from 'dayjs'
import 'dayjs/locale/zh-cn'
import { NativeDate } from './native-date'
import { usePhone } from './use-phone'

interface DayInputProps {
  id: string
  /** YYYY-MM-DD, or empty. */
  value: string
  onChange: (day: string) => void
}

/** A day: the calendar of the chosen language on a desk, the device's own on a phone. */
export function DayInput({ id, value, onChange }: DayInputProps) {
  if (usePhone()) {
    return <NativeDate id={id} type="date" value={value} onChange={onChange} />
  }
  return (
    <DatePicker
      id={id}
      style={{ width: '100%' }}
      format="YYYY-MM-DD"
      value={value === '' ? null : dayjs(value)}
      onChange={(day) => onChange(day ? day.format('YYYY-MM-DD') : '')}
    />
  )
}
