import { MinusOutlined, PlusOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { add, compare, grouped, isDecimal, normalized } from '@/lib/decimal'
import { titleOf } from '@/lib/texts'
import { usePhone } from '@/ui/use-phone'
import { withUnit } from './integer'
import type { EditorProps, FieldKind } from './kind'
import { TextInput } from './text-input'

function DecimalInput(props: EditorProps) {
  const phone = usePhone()
  const input = (
    <TextInput {...props} inputMode="decimal" read={normalized} suffix={props.field['x-unit']} />
  )
  return phone && !props.cell ? <Steppers {...props}>{input}</Steppers> : input
}

/** Large buttons beside the number: on site hours are counted by halves, with gloves on. */
function Steppers(props: EditorProps & { children: ReactNode }) {
  const { t } = useTranslation()
  const { field, value, onChange } = props
  const title = titleOf({ ...field, name: props.path })
  const step = field['x-scale'] === 0 ? '1' : '0.5'
  const present = typeof value === 'string' && isDecimal(value) ? value : '0'
  const move = (by: string) => {
    const next = add(present, by)
    const { 'x-min': least, 'x-max': most } = field
    if (least !== undefined && compare(next, least) === -1) onChange(least)
    else if (most !== undefined && compare(next, most) === 1) onChange(most)
    else onChange(next)
  }
  return (
    <div className="fw-steppers">
      <Button
        icon={<MinusOutlined />}
        aria-label={t('form.less', { field: title, step })}
        onClick={() => move(`-${step}`)}
      />
      {props.children}
      <Button
        icon={<PlusOutlined />}
        aria-label={t('form.more', { field: title, step })}
        onClick={() => move(step)}
      />
    </div>
  )
}

/** An exact number with places. */
export const decimal: FieldKind = {
  Editor: DecimalInput,
  text: (value, { field }) => withUnit(grouped(String(value)), field['x-unit']),
  numeric: true,
}
