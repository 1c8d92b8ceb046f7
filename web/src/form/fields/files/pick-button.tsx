import { Button } from 'antd'
import { type ReactNode, useRef } from 'react'

interface PickButtonProps {
  id?: string
  icon: ReactNode
  children: ReactNode
  accept?: string
  /** Opens the camera of a phone at once. */
  camera?: true
  multiple?: boolean
  describedBy?: string | undefined
  label: string
  onPick: (files: File[]) => void
}

/** A button that lets the person choose files. The browser's own control cannot be styled, so it is hidden behind. */
export function PickButton(props: PickButtonProps) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <Button
        {...(props.id ? { id: props.id } : {})}
        icon={props.icon}
        aria-label={props.label}
        aria-describedby={props.describedBy}
        onClick={() => input.current?.click()}
      >
        {props.children}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        {...(props.accept ? { accept: props.accept } : {})}
        {...(props.camera ? { capture: 'environment' as const } : {})}
        multiple={props.multiple}
        aria-label={props.label}
        onChange={({ target }) => {
          props.onPick([...(target.files ?? [])])
          target.value = '' // the same file may be chosen again
        }}
      />
    </>
  )
}
