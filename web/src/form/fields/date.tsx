import { usePhone } from '@/ui/use-phone'
import { DeskPicker } from './desk-picker'
import type { EditorProps, FieldKind } from './kind'
import { NativeInput } from './native-input'

const formats: [string, ...string[]] = [
  'YYYY-MM-DD',
  'YYYY/M/D',
  'YYYY.M.D',
  'YYYY年M月D日',
  'YYYYMMDD',
]
const asItIs = (local: string) => local

function DateInput(props: EditorProps) {
  const shown = typeof props.value === 'string' ? props.value : ''
  if (usePhone()) return <NativeInput {...props} type="date" shown={shown} read={asItIs} />
  return <DeskPicker {...props} picker="date" formats={formats} shown={shown} read={asItIs} />
}

/** A day, in no time zone. */
export const date: FieldKind = { Editor: DateInput, text: String }
