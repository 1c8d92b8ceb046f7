import { Input } from 'antd'
import { type ComponentProps, useEffect, useRef, useState } from 'react'
import type { EditorProps } from './kind'

type InputMode = 'text' | 'tel' | 'numeric' | 'decimal'

/** Common to all types written as one line: attributes that join the control with its label, problem and cell. */
export function controlProps(props: EditorProps) {
  return {
    id: props.id,
    ...(props.invalid ? { status: 'error' as const, 'aria-invalid': true } : {}),
    ...(props.describedBy ? { 'aria-describedby': props.describedBy } : {}),
    ...(props.required ? { 'aria-required': true } : {}),
    ...(props.cell
      ? { autoFocus: true, variant: 'borderless' as const, 'aria-label': props.cell.label }
      : {}),
  }
}

interface TextInputProps extends EditorProps {
  inputMode?: InputMode
  /** From what was typed to the value on the wire. */
  read?: (typed: string) => string | number
  suffix?: string | undefined
  className?: string
}

/** One line of text. What was typed stays as typed until the person leaves, then the value as kept is shown. */
export function TextInput(props: TextInputProps) {
  const { value, onChange, onBlur, inputMode = 'text', read, field } = props
  const [typed, setTyped] = useState<string | undefined>(props.cell?.startWith)
  const kept = value === undefined || value === null ? '' : String(value)
  const change = (text: string) => {
    setTyped(text)
    onChange(read ? read(text) : text)
  }
  const start = useRef(props.cell?.startWith)
  useEffect(() => {
    // The character that opened the cell counts as typed; the effect runs again only to find nothing left to do.
    const first = start.current
    start.current = undefined
    if (first !== undefined) onChange(read ? read(first) : first)
  }, [onChange, read])
  const limits: ComponentProps<typeof Input> = field.maxLength ? { maxLength: field.maxLength } : {}
  return (
    <Input
      {...controlProps(props)}
      {...limits}
      autoComplete="off"
      inputMode={inputMode}
      value={typed ?? kept}
      placeholder={props.placeholder}
      suffix={props.suffix}
      className={props.className}
      onChange={(event) => change(event.target.value)}
      onFocus={({ target }) => {
        // A cell is overwritten by typing, unless typing has begun already.
        if (props.cell)
          target.setSelectionRange(
            typed === undefined ? 0 : target.value.length,
            target.value.length,
          )
      }}
      onBlur={() => {
        setTyped(undefined)
        onBlur()
      }}
    />
  )
}
