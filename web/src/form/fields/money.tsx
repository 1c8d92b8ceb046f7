import { grouped, normalized } from '@/lib/decimal'
import { withUnit } from './integer'
import type { EditorProps, FieldKind } from './kind'
import { TextInput } from './text-input'

function MoneyInput(props: EditorProps) {
  return (
    <TextInput {...props} inputMode="decimal" read={normalized} suffix={props.field['x-unit']} />
  )
}

/** An amount of money, exact to the cent. */
export const money: FieldKind = {
  Editor: MoneyInput,
  text: (value, { field }) => withUnit(grouped(String(value)), field['x-unit']),
  numeric: true,
}
