import './records.css'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { App, Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Bundle, bundleQueries } from '@/api/bundle'
import type { Begin } from '@/api/definitions.gen'
import { recordQueries, type StoredRecord } from '@/api/records'
import { ApiError } from '@/api/request'
import type { Values } from '@/api/wire'
import { layoutOf } from '@/form/labels'
import { FormModel } from '@/form/model'
import { applyPatch, copyOf, patchOf } from '@/form/patch'
import { RecordForm } from '@/form/record-form'
import { LeaveGuard } from '@/form/save/leave-guard'
import { Restored } from '@/form/save/restored'
import { Stops } from '@/form/save/stops'
import { useKeeping, useKept } from '@/form/save/use-kept'
import { useEngine } from '@/form/use-engine'
import { readOnlyPaths } from '@/form/use-record-model'
import { titleOf } from '@/lib/texts'
import { Waiting } from '@/ui/boundary'
import { busySign } from '@/ui/busy'
import { Failed } from '@/ui/failed'
import { Page } from '@/ui/page'
import { useHere } from '@/ui/use-here'
import { usePhone } from '@/ui/use-phone'
import { displayText } from './record-text'
import { type Intent, useRecordSaving } from './use-record-saving'

interface NewRecordPageProps {
  entity: string
  form: string | undefined
  /** Id of a record to begin with a copy of. */
  from: string | undefined
  /** The button the record is begun with, and the id of the record it was pressed on. */
  begin: { name: string; of: string } | undefined
  onSaved: (record: StoredRecord) => void | Promise<void>
  onBack: () => void
}

/** A record that does not exist yet. */
export function NewRecordPage(props: NewRecordPageProps) {
  const { entity, form, from, begin } = props
  const phone = usePhone()
  const [anew, setAnew] = useState(0)
  const { data: bundle } = useSuspenseQuery(bundleQueries.of(entity, { form, phone }))
  const button = bundle.forms[form ?? bundle.form]?.begins?.find((one) => one.name === begin?.name)
  const of = button ? begin?.of : from
  const about = useQuery({
    ...bundleQueries.of(button?.entity ?? entity, { phone }),
    enabled: button !== undefined,
  })
  const source = useQuery({
    ...recordQueries.one(button?.entity ?? entity, of ?? ''),
    enabled: of !== undefined,
  })
  if (!bundle.rights.actions.includes('create'))
    return <Failed error={new ApiError(403, { code: 'forbidden' })} />
  if ((of && source.isPending) || (button && about.isPending)) return <Waiting />
  if (source.error) return <Failed error={source.error} onRetry={() => void source.refetch()} />
  const begun = button
    ? begunFrom(button, source.data, about.data)
    : { values: beginning(bundle, source.data), names: source.data?.refs }
  return <NewRecord key={anew} {...props} bundle={bundle} begun={begun} onAnew={setAnew} />
}

/** What a new record starts with, and the names of what its references lead to. */
interface Begun {
  values: Values
  names: Record<string, string> | undefined
}

/** What a button gives the record it begins: values of the one it was pressed on that the reader may read in full. */
function begunFrom(
  button: Begin,
  source: StoredRecord | undefined,
  about: Bundle | undefined,
): Begun {
  if (!source) return { values: {}, names: undefined }
  const values: Values = {}
  for (const [field, path] of Object.entries(button.map)) {
    const value = path === 'id' ? source.id : source.values[path]
    if (value !== undefined && !source.masked?.includes(path)) values[field] = value
  }
  const own = about ? displayText(about, source) : ''
  return { values, names: { ...source.refs, [`${source.entity}/${source.id}`]: own || source.id } }
}

/** What a copy begins with: what people wrote and the copier may read in full. */
function beginning(bundle: Bundle, source: StoredRecord | undefined): Values {
  if (!source) return {}
  const values = copyOf(bundle.entity.properties, source.values)
  for (const path of source.masked ?? []) delete values[path]
  return values
}

interface NewRecordProps extends NewRecordPageProps {
  bundle: Bundle
  begun: Begun
  /** The person wants an empty form in place of what he typed before; the number makes it another one. */
  onAnew: (change: (count: number) => number) => void
}

function NewRecord(props: NewRecordProps) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const here = useHere()
  const { bundle: latest, begun: start } = props
  // The form keeps the definitions it was opened with; the server tells if they no longer fit.
  const [bundle] = useState(latest)
  const keeping = useKept([
    'new',
    props.entity,
    props.form ?? '',
    props.from ?? props.begin?.of ?? '',
  ])
  const [model] = useState(() => {
    const { kept } = keeping
    const values = kept ? applyPatch(start.values, kept.patch) : start.values
    const begun = new FormModel(bundle.entity, values, { ...start.names, ...kept?.names })
    begun.close(readOnlyPaths(bundle))
    if (kept) begun.unsettle()
    return begun
  })
  const fields = bundle.entity.properties
  useKeeping(model, keeping.put, () => patchOf(fields, start.values, model.values()))
  const letGo = () => {
    model.settle()
    keeping.forget()
  }
  const approval = bundle.entity['x-approval'] === true
  const readOnly = readOnlyPaths(bundle)
  useEngine({ model, bundle, record: undefined, event: approval ? 'submit' : 'save', readOnly })

  const saving = useRecordSaving({
    bundle,
    model,
    record: undefined,
    onSaved: async (record, intent) => {
      keeping.forget()
      void message.success(t(intent === 'save' ? 'record.saved' : 'record.submitted'))
      if (here()) await props.onSaved(record)
    },
  })
  const send = (intent: Intent) => {
    if (stopsAtErrors(model, intent, approval)) return
    void saving.run(intent)
  }
  const layout = layoutOf(bundle)
  return (
    <Page narrow title={t('record.new', { kind: titleOf(bundle.entity) })} onBack={props.onBack}>
      {keeping.kept && (
        <Restored
          at={keeping.kept.at}
          onDrop={() => {
            letGo()
            props.onAnew((count) => count + 1)
          }}
        />
      )}
      <RecordForm model={model} bundle={bundle} layout={layout} begin />
      <div className="fw-edit-bar">
        {approval && (
          <Button type="primary" loading={busySign(saving.busy)} onClick={() => send('submit')}>
            {t('record.submit')}
          </Button>
        )}
        <Button
          {...(approval ? {} : { type: 'primary' })}
          loading={busySign(saving.busy)}
          onClick={() => send('save')}
        >
          {t(approval ? 'record.saveDraft' : 'record.save')}
        </Button>
      </div>
      <Stops guarded={saving} bundle={bundle} model={model} before={{}} onNewer={() => undefined} />
      <LeaveGuard model={model} busy={saving.busy} onLeave={letGo} />
    </Page>
  )
}

/**
 * Whether the form knows errors that the server would refuse: they are told and the first is focused. A draft is sent
 * in any case, as the rules of submitting do not bind it; the server says what does.
 */
export function stopsAtErrors(model: FormModel, intent: Intent, approval: boolean): boolean {
  if (intent === 'save' && approval) return false
  const [first] = model.errors()
  if (!first) return false
  model.tellProblems()
  requestAnimationFrame(() => model.focus(first.field))
  return true
}
