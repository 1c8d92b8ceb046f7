import { Input } from 'antd'
import type { EditorProps, FieldKind } from './kind'
import { controlProps } from './text-input'

function LongTextInput(props: EditorProps) {
  return (
    <Input.TextArea
      {...controlProps(props)}
      autoSize={{ minRows: props.cell ? 1 : 2, maxRows: 10 }}
      maxLength={props.field.maxLength}
      placeholder={props.placeholder}
      value={typeof props.value === 'string' ? props.value : ''}
      onChange={(event) => props.onChange(event.target.value)}
      onBlur={props.onBlur}
    />
  )
}

/** Many lines of text. */
export const longtext: FieldKind = { Editor: LongTextInput, text: String, wide: true }
