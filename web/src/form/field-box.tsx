import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import type { Field } from '@/api/bundle'
import type { FormItem } from '@/api/definitions.gen'
import { textOf, titleOf } from '@/lib/texts'
import { kindOf, shownValue } from './fields/kinds'
import { useForm } from './form-context'
import { isComputed } from './patch'
import { SimilarRecords } from './similar-records'
import { useField } from './use-model'
import { useProblemText } from './use-problem-text'

interface FieldBoxProps {
  path: string
  field: Field
  item?: FormItem | undefined
  title?: string
}

/** A field of a form: its label, the control or the value, and what is wrong with it. */
export function FieldBox({ path, field, item, title }: FieldBoxProps) {
  const { model, readOnly } = useForm()
  const { state } = useField(model, path)
  if (state.hidden) return null
  const label = title ?? titleOf({ ...field, name: path })
  // What the engine here does not know, as the person may not read it, is computed all the same.
  if (readOnly || state.readOnly || isComputed(field))
    return <ShownField path={path} field={field} label={label} />
  return <EditedField path={path} field={field} item={item} label={label} />
}

interface PartProps {
  path: string
  field: Field
  label: string
  item?: FormItem | undefined
}

function idOf(path: string): string {
  return `field-${path.replace(/[^a-z0-9_]/gi, '-')}`
}

function ShownField({ path, field, label }: PartProps) {
  const { t } = useTranslation()
  const { model, bundle, readOnly } = useForm()
  const { value, state, problems } = useField(model, path)
  const textOfProblem = useProblemText()
  const kind = kindOf(field)
  const id = idOf(path)
  useFocusOf(path, id)
  const showing = {
    field,
    nameOf: (entity: string, of: string) => model.nameOf(entity, of),
    zone: bundle.zone,
  }
  const { Shown } = kind
  const text =
    // Where nothing is typed nothing is still to come: what this person may not know stays empty.
    state.pending && value === undefined && !readOnly
      ? '…'
      : field['x-number'] && value === undefined && !readOnly
        ? t('form.numberLater')
        : shownValue(value, showing)
  return (
    <div className={problems.length > 0 ? 'fw-labelled fw-labelled-bad' : 'fw-labelled'}>
      <span className="fw-label" id={`${id}-label`}>
        {label}
      </span>
      <output
        id={id}
        tabIndex={problems.length > 0 ? -1 : undefined}
        aria-labelledby={`${id}-label`}
        className={kind.numeric ? 'fw-shown fw-shown-number' : 'fw-shown'}
      >
        {Shown && value !== undefined ? <Shown value={value} showing={showing} /> : text}
      </output>
      {problems.length > 0 && (
        <div className="fw-problem">{problems.map(textOfProblem).join(' ')}</div>
      )}
    </div>
  )
}

function EditedField({ path, field, item, label }: PartProps) {
  const { model } = useForm()
  const { value, state, problems } = useField(model, path)
  const textOfProblem = useProblemText()
  const { Editor } = kindOf(field)
  const id = idOf(path)
  useFocusOf(path, id)
  const help = (item && textOf(item, 'help')) ?? textOf(field, 'description')
  const warning = problems.every((problem) => problem.level === 'warning')
  const note = problems.map(textOfProblem).join(' ')
  return (
    <div className={problems.length > 0 ? 'fw-labelled fw-labelled-bad' : 'fw-labelled'}>
      <label htmlFor={id} id={`${id}-label`}>
        {label}
        {state.required && (
          <span className="fw-required" aria-hidden="true">
            *
          </span>
        )}
      </label>
      <Editor
        id={id}
        path={path}
        field={field}
        value={value}
        onChange={(next) => model.set(path, next)}
        onBlur={() => model.visit(path)}
        invalid={problems.length > 0 && !warning}
        describedBy={note || help ? `${id}-note` : undefined}
        required={state.required === true}
        placeholder={item && textOf(item, 'placeholder')}
        widget={item?.widget}
      />
      {note ? (
        <div id={`${id}-note`} className={warning ? 'fw-warning' : 'fw-problem'}>
          {note}
          <SimilarRecords problems={problems} />
        </div>
      ) : (
        help && (
          <div id={`${id}-note`} className="fw-help">
            {help}
          </div>
        )
      )}
    </div>
  )
}

function useFocusOf(path: string, id: string): void {
  const { model } = useForm()
  useEffect(() => {
    // A cell on a phone is focused by its table, which opens the card first.
    if (path.includes('[')) return
    return model.onFocus(path, () => {
      const element = document.getElementById(id)
      element?.scrollIntoView({ block: 'center' })
      element?.focus({ preventScroll: true })
    })
  }, [model, path, id])
}
