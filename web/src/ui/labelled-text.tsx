import { Input, type InputProps } from 'antd'
import type { PasswordProps } from 'antd/es/input'
import { Labelled } from './labelled'

interface LabelProps {
  id: string
  label: string
  help?: string | undefined
  problem?: string | undefined
  onChange: (text: string) => void
}

type Props<Own> = LabelProps & Omit<Own, keyof LabelProps>

/** A line of text with its label. */
export function LabelledText({ label, help, problem, onChange, ...input }: Props<InputProps>) {
  const of = { label, help, problem, ...(input.required ? { required: true } : {}) }
  return (
    <Labelled id={input.id} {...of}>
      <Input {...described(input, of)} onChange={({ target }) => onChange(target.value)} />
    </Labelled>
  )
}

/** A password or another secret with its label. */
export function LabelledPassword({
  label,
  help,
  problem,
  onChange,
  ...input
}: Props<PasswordProps>) {
  const of = { label, help, problem, ...(input.required ? { required: true } : {}) }
  return (
    <Labelled id={input.id} {...of}>
      <Input.Password {...described(input, of)} onChange={({ target }) => onChange(target.value)} />
    </Labelled>
  )
}

/** What a control has beside its label: readers hear the note below it too. The label shows that it is required. */
function described<Own extends { id: string; required?: boolean | undefined }>(
  { required: _, ...input }: Own,
  { help, problem }: Pick<LabelProps, 'help' | 'problem'>,
) {
  return { ...input, ...((problem ?? help) ? { 'aria-describedby': `${input.id}-note` } : {}) }
}
