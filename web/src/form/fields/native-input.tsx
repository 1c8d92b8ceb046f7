import { NativeDate } from '@/ui/native-date'
import type { EditorProps } from './kind'
import { controlProps } from './text-input'

interface NativeInputProps extends EditorProps {
  type: 'date' | 'month' | 'datetime-local'
  shown: string
  read: (typed: string) => string
}

/** A day, month or moment on a phone. */
export function NativeInput(props: NativeInputProps) {
  return (
    <NativeDate
      {...controlProps(props)}
      type={props.type}
      value={props.shown}
      onChange={(value) => props.onChange(value === '' ? undefined : props.read(value))}
      onBlur={props.onBlur}
    />
  )
}
