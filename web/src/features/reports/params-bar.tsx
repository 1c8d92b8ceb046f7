import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Field } from '@/api/bundle'
import type { Params } from '@/api/reports'
import type { Problem, Values, Wire } from '@/api/wire'
import { kindOf } from '@/form/fields/kinds'
import { problemText } from '@/lib/problems/explain'
import { titleOf } from '@/lib/texts'
import { Labelled } from '@/ui/labelled'
import { useDebounced } from '@/ui/use-debounced'
import { orderOf, targetOf, withParam } from './params'
import { RecordSelect } from './record-select'

interface ParamsBarProps {
  params: Params
  /** What was set; the rest has its defaults. */
  given: Values
  /** What the table on the page was made with. */
  inForce: Values | undefined
  problems: readonly Problem[]
  onChange: (given: Values) => void
}

/** What a report is asked about. A change counts once it has rested: dates are typed, wheels turned. */
export function ParamsBar({ params, given, inForce, problems, onChange }: ParamsBarProps) {
  const { t } = useTranslation()
  const [draft, setDraft] = useState(given)
  const address = JSON.stringify(given)
  const [seen, setSeen] = useState(address)
  const [sent, setSent] = useState(address)
  // The address follows what was set here, and meanwhile more may have been set. Only when it changes by itself, by
  // going back, does it count more.
  if (address !== seen) {
    setSeen(address)
    if (address !== sent) {
      setSent(address)
      setDraft(given)
    }
  }
  const settled = useDebounced(draft, 400)
  useEffect(() => {
    const text = JSON.stringify(settled)
    if (settled !== draft || text === sent) return
    setSent(text)
    onChange(settled)
  }, [settled, draft, sent, onChange])
  return (
    <search className="fw-params" aria-label={t('report.params')}>
      {orderOf(params).map(([name, field]) => (
        <ParamField
          key={name}
          name={name}
          field={field}
          value={draft[name] ?? inForce?.[name]}
          problem={problems.find((each) => each.field === name)}
          onChange={(value) => setDraft(withParam(draft, name, value))}
        />
      ))}
    </search>
  )
}

interface ParamFieldProps {
  name: string
  field: Field
  value: Wire | undefined
  problem: Problem | undefined
  onChange: (value: Wire | undefined) => void
}

function ParamField({ name, field, value, problem, onChange }: ParamFieldProps) {
  const id = `param-${name}`
  const target = targetOf(field)
  const common = {
    id,
    invalid: problem !== undefined,
    describedBy: problem ? `${id}-note` : undefined,
  }
  const { Editor } = kindOf(field)
  return (
    <Labelled id={id} label={titleOf({ ...field, name })} problem={problem && problemText(problem)}>
      {target ? (
        <RecordSelect
          {...common}
          entity={target}
          value={typeof value === 'string' ? value : undefined}
          onChange={onChange}
        />
      ) : (
        <Editor
          {...common}
          path={name}
          field={field}
          value={value}
          onChange={onChange}
          onBlur={() => undefined}
        />
      )}
    </Labelled>
  )
}
