import './records.css'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { App, Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Bundle, bundleQueries } from '@/api/bundle'
import { recordQueries, type StoredRecord } from '@/api/records'
import type { Values } from '@/api/wire'
import { layoutOf } from '@/form/labels'
import { FormModel } from '@/form/model'
import { copyOf } from '@/form/patch'
import { RecordForm } from '@/form/record-form'
import { LeaveGuard } from '@/form/save/leave-guard'
import { Stops } from '@/form/save/stops'
import { useEngine } from '@/form/use-engine'
import { readOnlyPaths } from '@/form/use-record-model'
import { titleOf } from '@/lib/texts'
import { Waiting } from '@/ui/boundary'
import { busySign } from '@/ui/busy'
import { Failed } from '@/ui/failed'
import { Page } from '@/ui/page'
import { usePhone } from '@/ui/use-phone'
import { type Intent, useRecordSaving } from './use-record-saving'

interface NewRecordPageProps {
  entity: string
  form: string | undefined
  /** Id of a record to begin with a copy of. */
  from: string | undefined
  onSaved: (record: StoredRecord) => void
  onBack: () => void
}

/** A record that does not exist yet. */
export function NewRecordPage(props: NewRecordPageProps) {
  const { entity, form, from } = props
  const { data: bundle } = useSuspenseQuery(bundleQueries.of(entity, { form, phone: usePhone() }))
  const source = useQuery({ ...recordQueries.one(entity, from ?? ''), enabled: from !== undefined })
  if (from && source.isPending) return <Waiting />
  if (source.error) return <Failed error={source.error} onRetry={() => void source.refetch()} />
  return <NewRecord {...props} bundle={bundle} source={source.data} />
}

/** What a copy begins with: what people wrote and the copier may read in full. */
function beginning(bundle: Bundle, source: StoredRecord | undefined): Values {
  if (!source) return {}
  const values = copyOf(bundle.entity.properties, source.values)
  for (const path of source.masked ?? []) delete values[path]
  return values
}

function NewRecord(
  props: NewRecordPageProps & { bundle: Bundle; source: StoredRecord | undefined },
) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const { bundle: latest, source } = props
  // The form keeps the definitions it was opened with; the server tells if they no longer fit.
  const [bundle] = useState(latest)
  const [model] = useState(() => {
    const begun = new FormModel(bundle.entity, beginning(bundle, source), source?.refs)
    begun.close(readOnlyPaths(bundle))
    return begun
  })
  const approval = bundle.entity['x-approval'] === true
  const readOnly = readOnlyPaths(bundle)
  useEngine({ model, bundle, record: undefined, event: approval ? 'submit' : 'save', readOnly })

  const saving = useRecordSaving({
    bundle,
    model,
    record: undefined,
    onSaved: (record, intent) => {
      void message.success(t(intent === 'save' ? 'record.saved' : 'record.submitted'))
      props.onSaved(record)
    },
  })
  const send = (intent: Intent) => {
    if (stopsAtErrors(model, intent, approval)) return
    void saving.run(intent)
  }
  const layout = layoutOf(bundle)
  return (
    <Page narrow title={t('record.new', { kind: titleOf(bundle.entity) })} onBack={props.onBack}>
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
      <LeaveGuard model={model} />
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
