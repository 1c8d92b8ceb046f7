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
  const [known, setKnown] = useState(given)
  // They may be changed from outside: by going back.
  if (JSON.stringify(given) !== JSON.stringify(known)) {
    setKnown(given)
    setDraft(given)
  }
  const settled = useDebounced(draft, 400)
  useEffect(() => {
    if (settled === draft && settled !== given && JSON.stringify(settled) !== JSON.stringify(given))
      onChange(settled)
  }, [settled, draft, given, onChange])
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
