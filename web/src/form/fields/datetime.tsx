import { fromLocal, moment } from '@/lib/time'
import { usePhone } from '@/ui/use-phone'
import { useForm } from '../form-context'
import { DeskPicker } from './desk-picker'
import type { EditorProps, FieldKind } from './kind'
import { NativeInput } from './native-input'

const formats: [string, ...string[]] = ['YYYY-MM-DD HH:mm', 'YYYY/M/D H:mm']

function DateTimeInput(props: EditorProps) {
  const { zone } = useForm().bundle
  const shown = typeof props.value === 'string' ? moment(props.value, zone) : ''
  const read = (local: string) => fromLocal(local.replace(' ', 'T'), zone)
  if (usePhone()) {
    return (
      <NativeInput {...props} type="datetime-local" shown={shown.replace(' ', 'T')} read={read} />
    )
  }
  return (
    <DeskPicker {...props} picker="date" withTime formats={formats} shown={shown} read={read} />
  )
}

/** A moment: UTC on the wire, the company's time zone on the screen. */
export const datetime: FieldKind = {
  Editor: DateTimeInput,
  text: (value, { zone }) => moment(String(value), zone),
}
