import { Input } from 'antd'
import type { EditorProps } from './kind'
import { controlProps } from './text-input'

type NativeType = 'date' | 'month' | 'datetime-local'

interface NativeInputProps extends EditorProps {
  type: NativeType
  shown: string
  read: (typed: string) => string
}

/** The phone's own picker: its wheels are what people know, and it costs nothing to load. */
export function NativeInput(props: NativeInputProps) {
  return (
    <Input
      {...controlProps(props)}
      type={props.type}
      value={props.shown}
      onChange={(event) =>
        props.onChange(event.target.value === '' ? undefined : props.read(event.target.value))
      }
      onBlur={props.onBlur}
    />
  )
}
