import { DatePicker } from 'antd'
import dayjs from 'dayjs'
import customParseFormat from 'dayjs/plugin/customParseFormat'
import { useMemo } from 'react'
import 'dayjs/locale/zh-cn'
import type { EditorProps } from './kind'
import { controlProps } from './text-input'

dayjs.extend(customParseFormat)

interface DeskPickerProps extends EditorProps {
  picker: 'date' | 'month'
  withTime?: boolean
  /** The first is shown, all are understood when typed. */
  formats: [string, ...string[]]
  /** The value as local text in the first format. */
  shown: string
  read: (local: string) => string
}

/** A date picker of the desk: a calendar beside a text that can simply be typed. */
export function DeskPicker(props: DeskPickerProps) {
  const [format] = props.formats
  // The picker drops what is being typed when it gets another value, be it equal.
  const parsed = useMemo(
    () => (props.shown === '' ? null : dayjs(props.shown, format, true)),
    [props.shown, format],
  )
  return (
    <DatePicker
      {...controlProps(props)}
      picker={props.picker}
      showTime={props.withTime ? { format: 'HH:mm' } : false}
      format={props.formats}
      value={parsed?.isValid() ? parsed : null}
      placeholder={props.placeholder ?? ''}
      style={{ width: '100%' }}
      preserveInvalidOnBlur={false}
      onChange={(chosen) =>
        props.onChange(chosen ? props.read(chosen.format(props.formats[0])) : undefined)
      }
      onBlur={props.onBlur}
    />
  )
}
