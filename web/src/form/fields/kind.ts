import type { ComponentType } from 'react'
import type { Field } from '@/api/bundle'
import type { Wire } from '@/api/wire'

/** What a control gets, whatever its type. */
export interface EditorProps {
  /** Id of the control in the page; its label points at it. */
  id: string
  path: string
  field: Field
  value: Wire | undefined
  onChange: (value: Wire | undefined) => void
  onBlur: () => void
  invalid: boolean
  /** Id of the text that describes the control: its problem or help. */
  describedBy?: string | undefined
  required?: boolean
  placeholder?: string | undefined
  widget?: string | undefined
  /** Set in a cell of a grid, where there is no visible label, no frame, and the control takes the focus at once. */
  cell?: {
    label: string
    startWith?: string | undefined
    onDone: () => void
    /** A text that names a record was left by Enter or Tab before the list could show it: it is looked up. */
    onTyped: (text: string, way: 'down' | 'on') => void
  }
}

/** What showing a value needs from outside. */
export interface Showing {
  field: Field
  nameOf: (entity: string, id: string) => string | undefined
  zone: string | undefined
}

/** What a value that is more than a line of text is shown with. */
export interface ShownProps {
  value: Wire
  showing: Showing
  /** Set in lists, where there is one line only. */
  small?: true
}

/** A field type: how people write a value, and how it reads. */
export interface FieldKind {
  Editor: ComponentType<EditorProps>
  /** The value as one line of text. */
  text: (value: Wire, showing: Showing) => string
  /** How the value is shown where there is room for more than its text. */
  Shown?: ComponentType<ShownProps>
  /** Aligned right, with digits of one width. */
  numeric?: true
  /** Several lines, or otherwise too large for one column of a form. */
  wide?: true
}
