import './form.css'
import { Alert, Button, Steps, Tabs } from 'antd'
import { type CSSProperties, useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Bundle } from '@/api/bundle'
import type { Form, FormItem, Section as FormSection } from '@/api/definitions.gen'
import { titleOf } from '@/lib/texts'
import { usePhone } from '@/ui/use-phone'
import { FieldBox } from './field-box'
import { kindOf } from './fields/kinds'
import { FormContext, type FormScope, useForm } from './form-context'
import { placeOf } from './labels'
import { layoutToRead } from './layout-to-read'
import type { FormModel } from './model'
import { TableField } from './table-field'
import { useField, useProblems } from './use-model'
import { useProblemText } from './use-problem-text'

interface RecordFormProps {
  model: FormModel
  bundle: Bundle
  layout: Form
  readOnly?: boolean
  /** The person came to write: on a desk the first field waits for his keys. */
  begin?: boolean
}

/** A record in its layout, to be read or edited. */
export function RecordForm(props: RecordFormProps) {
  const { model, bundle, layout, readOnly = false, begin = false } = props
  useBegin(model, layout, begin)
  const scope = useMemo<FormScope>(() => ({ model, bundle, readOnly }), [model, bundle, readOnly])
  const shown = useMemo(
    () => (readOnly ? layoutToRead(layout, model.values()) : layout),
    [layout, model, readOnly],
  )
  return (
    <FormContext value={scope}>
      {!readOnly && <ProblemSummary />}
      <div className={readOnly ? 'fw-reading' : 'fw-writing'}>
        <Sections layout={shown} />
      </div>
    </FormContext>
  )
}

/** Focuses the first field that can be written, unless the person has gone somewhere himself. */
function useBegin(model: FormModel, layout: Form, begin: boolean): void {
  const phone = usePhone()
  useEffect(() => {
    const free = [null, document.body, document.getElementById('main')].includes(
      document.activeElement as HTMLElement | null,
    )
    if (!begin || phone || !free) return
    const items = layout.sections.flatMap((section) => section.items)
    const first = items.find(({ field }) => {
      const { hidden, readOnly } = model.stateOf(field)
      return !hidden && !readOnly
    })
    if (first) model.focus(first.field)
  }, [model, layout, begin, phone])
}

function Sections({ layout }: { layout: Form }) {
  const { bundle } = useForm()
  const [at, setAt] = useState(0)
  const known = layout.sections.map((section) => ({
    ...section,
    items: section.items.filter((item) => bundle.entity.properties[item.field]),
  }))
  if (layout.layout === 'tabs') {
    return (
      <Tabs
        items={known.map((section) => ({
          key: section.name,
          label: titleOf(section),
          forceRender: true,
          children: <Section section={section} headless />,
        }))}
      />
    )
  }
  if (layout.layout === 'steps') {
    const section = known[at]
    return (
      <>
        <Steps
          current={at}
          onChange={setAt}
          items={known.map((each) => ({ title: titleOf(each) }))}
        />
        {section && <Section section={section} headless />}
        <StepButtons at={at} count={known.length} onGo={setAt} />
      </>
    )
  }
  return known.map((section) => <Section key={section.name} section={section} />)
}

function StepButtons({
  at,
  count,
  onGo,
}: {
  at: number
  count: number
  onGo: (step: number) => void
}) {
  const { t } = useTranslation()
  return (
    <div className="fw-grid-bar">
      <Button disabled={at === 0} onClick={() => onGo(at - 1)}>
        {t('form.previousStep')}
      </Button>
      <Button disabled={at >= count - 1} onClick={() => onGo(at + 1)}>
        {t('form.nextStep')}
      </Button>
    </div>
  )
}

function Section({ section, headless }: { section: FormSection; headless?: boolean }) {
  const { model } = useForm()
  const columns = section.columns ?? 2
  // A section disappears with the last of its fields; each of them listens, so one that listens to all is enough.
  useField(model, section.items[0]?.field ?? '')
  if (section.items.length > 0 && section.items.every((item) => model.stateOf(item.field).hidden))
    return null
  const title = titleOf({ ...section, name: undefined })
  const body = (
    <div
      className={columns > 2 ? 'fw-columns fw-columns-many' : 'fw-columns'}
      style={{ '--columns': columns } as CSSProperties}
    >
      {section.items.map((item) => (
        <Item key={item.field} item={item} columns={columns} alone={section.items.length === 1} />
      ))}
    </div>
  )
  if (headless || title === '') return <section className="fw-card">{body}</section>
  if (section.collapsed) {
    return (
      <details className="fw-card fw-folded">
        <summary>{title}</summary>
        {body}
      </details>
    )
  }
  return (
    <section className="fw-card" aria-label={title}>
      <h2>{title}</h2>
      {body}
    </section>
  )
}

function Item({ item, columns, alone }: { item: FormItem; columns: number; alone: boolean }) {
  const { bundle } = useForm()
  const field = bundle.entity.properties[item.field]
  if (!field) return null
  const isTable = field['x-type'] === 'table'
  const wide = isTable || (kindOf(field).wide && item.width === undefined)
  const span = wide ? columns : Math.min(columns, item.width ?? 1)
  return (
    <div style={{ '--span': span } as CSSProperties} className="fw-item">
      {isTable ? (
        <TableField name={item.field} field={field} item={item} unlabelled={alone} />
      ) : (
        <FieldBox path={item.field} field={field} item={item} />
      )}
    </div>
  )
}

const mostTold = 8

/** What is to be mended before the form can go, each with the way to its place. */
function ProblemSummary() {
  const { t } = useTranslation()
  const { model, bundle } = useForm()
  const problems = useProblems(model)
  const textOfProblem = useProblemText()
  const errors = problems.filter((problem) => problem.level !== 'warning')
  if (errors.length === 0) return null
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      className="fw-summary"
      title={t('form.problems', { count: errors.length })}
      description={
        <ul>
          {errors.slice(0, mostTold).map((problem) => (
            <li key={`${problem.field}|${problem.code}|${problem.rule ?? ''}`}>
              <button
                type="button"
                className="fw-linkish"
                onClick={() => model.focus(problem.field)}
              >
                {[
                  placeOf(bundle, (table) => model.rowIds(table), problem.field),
                  textOfProblem(problem),
                ]
                  .filter(Boolean)
                  .join(t('form.colon'))}
              </button>
            </li>
          ))}
          {errors.length > mostTold && (
            <li>{t('form.moreProblems', { count: errors.length - mostTold })}</li>
          )}
        </ul>
      }
    />
  )
}
