import { usePhone } from '@/ui/use-phone'
import { DeskPicker } from './desk-picker'
import type { EditorProps, FieldKind } from './kind'
import { NativeInput } from './native-input'

const formats: [string, ...string[]] = ['YYYY-MM', 'YYYY/M', 'YYYY年M月', 'YYYYMM']
const asItIs = (local: string) => local

function MonthInput(props: EditorProps) {
  const shown = typeof props.value === 'string' ? props.value : ''
  if (usePhone()) return <NativeInput {...props} type="month" shown={shown} read={asItIs} />
  return <DeskPicker {...props} picker="month" formats={formats} shown={shown} read={asItIs} />
}

/** A month of a year. */
export const month: FieldKind = { Editor: MonthInput, text: String }
