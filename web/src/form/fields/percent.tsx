import { normalized } from '@/lib/decimal'
import type { EditorProps, FieldKind } from './kind'
import { TextInput } from './text-input'

function PercentInput(props: EditorProps) {
  return <TextInput {...props} inputMode="decimal" read={normalized} suffix="%" />
}

/** A percentage from 0 to 100. */
export const percent: FieldKind = {
  Editor: PercentInput,
  text: (value) => `${value}%`,
  numeric: true,
}
