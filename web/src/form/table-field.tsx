import type { Field } from '@/api/bundle'
import type { FormItem } from '@/api/definitions.gen'
import { titleOf } from '@/lib/texts'
import { usePhone } from '@/ui/use-phone'
import { useForm } from './form-context'
import { DeskGrid } from './grid/desk-grid'
import { PhoneRows } from './grid/phone-rows'
import { useTableShape } from './grid/use-table-shape'
import { useField } from './use-model'
import { useProblemText } from './use-problem-text'

interface TableFieldProps {
  name: string
  field: Field
  item?: FormItem | undefined
  /** The section has the same title already. */
  unlabelled: boolean
}

/** A sub-table in a form: a grid on a desk, cards on a phone. */
export function TableField({ name, field, item, unlabelled }: TableFieldProps) {
  const { model } = useForm()
  const phone = usePhone()
  const shape = useTableShape(name, field, item)
  const { state, problems } = useField(model, name)
  const textOfProblem = useProblemText()
  if (state.hidden) return null
  const Rows = phone ? PhoneRows : DeskGrid
  return (
    <div className="fw-table-field">
      {!unlabelled && <div className="fw-label">{titleOf({ ...field, name })}</div>}
      <Rows table={name} field={field} item={item} shape={shape} />
      {problems.length > 0 && (
        <div className="fw-problem" role="alert">
          {problems.map(textOfProblem).join(' ')}
        </div>
      )}
    </div>
  )
}
