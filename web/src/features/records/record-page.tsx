import './records.css'
import { useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Alert, App, Button } from 'antd'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Bundle, bundleQueries } from '@/api/bundle'
import { recordQueries, type StoredRecord } from '@/api/records'
import { layoutOf } from '@/form/labels'
import { applyPatch, patchOf } from '@/form/patch'
import { RecordForm } from '@/form/record-form'
import type { Kept } from '@/form/save/kept'
import { LeaveGuard } from '@/form/save/leave-guard'
import { Restored } from '@/form/save/restored'
import { Stops } from '@/form/save/stops'
import { useKeeping, useKept } from '@/form/save/use-kept'
import { useEngine } from '@/form/use-engine'
import { type FormBase, onlyOnce, readOnlyPaths, useRecordModel } from '@/form/use-record-model'
import { busySign } from '@/ui/busy'
import { Page } from '@/ui/page'
import { StateTag } from '@/ui/state-tag'
import { usePhone } from '@/ui/use-phone'
import { stopsAtErrors } from './new-record-page'
import { RecordActions } from './record-actions'
import { recordTitle } from './record-text'
import { type Intent, useRecordSaving } from './use-record-saving'

interface RecordPageProps {
  entity: string
  id: string
  onBack: () => void
  onCopy: () => void
  /** What has happened to the record; composed by the app. */
  timeline: ReactNode
}

/** One record: read, edited, and moved on by what its reader may do. */
export function RecordPage(props: RecordPageProps) {
  const { data: bundle } = useSuspenseQuery(bundleQueries.of(props.entity, { phone: usePhone() }))
  const { data: record } = useSuspenseQuery(recordQueries.one(props.entity, props.id))
  return <OneRecord key={record.id} {...props} bundle={bundle} latest={record} />
}

/** The record as it is stored, with what was typed and not saved when it was last open in this tab. */
function begunFrom(record: StoredRecord, kept: Kept | undefined): FormBase {
  if (!kept || !record.can?.includes('update')) return { record }
  return { record, begin: applyPatch(record.values, kept.patch), names: kept.names }
}

/** Drafts and returned records are opened to be worked on. */
function opensForEditing(record: StoredRecord): boolean {
  return (
    (record.state === 'draft' || record.state === 'returned') &&
    record.can?.includes('update') === true
  )
}

interface OneRecordProps extends RecordPageProps {
  bundle: Bundle
  latest: StoredRecord
}

/** A record while it is open: as it was read, what is changed in it, and the ways on from there. */
function useOneRecord({ bundle, latest }: OneRecordProps) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const keeping = useKept(['record', latest.entity, latest.id])
  const [base, setBase] = useState<FormBase>(() => begunFrom(latest, keeping.kept))
  const [editing, setEditing] = useState(() => opensForEditing(latest) || base.begin !== undefined)
  const { record } = base
  const fields = bundle.entity.properties
  const readOnly = [...readOnlyPaths(bundle), ...onlyOnce(bundle, record)]
  const model = useRecordModel(bundle, base, readOnly)
  // A newer version takes the place of the one shown, but never of one that is being changed.
  if (latest.rev > record.rev && !model.isDirty()) setBase({ record: latest })

  useKeeping(model, keeping.put, () => patchOf(fields, record.values, model.values()))
  const approval = bundle.entity['x-approval'] === true
  const event = approval ? 'submit' : 'save'
  useEngine(editing ? { model, bundle, record, event, readOnly } : undefined)
  const saving = useRecordSaving({
    bundle,
    model,
    record,
    onSaved: (saved, intent) => {
      keeping.forget()
      setBase({ record: saved })
      setEditing(intent === 'save' && opensForEditing(saved))
      void message.success(t(intent === 'save' ? 'record.saved' : 'record.submitted'))
    },
  })
  const send = (intent: Intent) => {
    if (editing && stopsAtErrors(model, intent, approval)) return
    // What a refusal names can only be mended in the open form.
    if (!editing && record.can?.includes('update')) setEditing(true)
    void saving.run(intent)
  }
  const takeNewer = (current: StoredRecord, withMine: boolean) => {
    const patch = patchOf(fields, record.values, model.values())
    const names = Object.fromEntries(model.names)
    model.settle()
    if (!withMine) keeping.forget()
    setBase(
      withMine
        ? { record: current, begin: applyPatch(current.values, patch), names }
        : { record: current },
    )
    setEditing(true)
  }
  const giveUp = () => {
    model.settle()
    keeping.forget()
    setBase({ record, generation: (base.generation ?? 0) + 1 })
    setEditing(opensForEditing(record))
  }
  const show = (changed: StoredRecord) => {
    setBase({ record: changed })
    setEditing(opensForEditing(changed))
  }
  const restored = base.begin && keeping.kept
  return { record, model, editing, setEditing, saving, send, takeNewer, giveUp, show, restored }
}

function OneRecord(props: OneRecordProps) {
  const { bundle, latest } = props
  const open = useOneRecord(props)
  const { record, model, editing, saving, giveUp, restored } = open
  const { data: run } = useSuspenseQuery(recordQueries.timeline(record.entity, record.id))
  return (
    <Page
      title={recordTitle(bundle, record)}
      note={record.state && <StateTag state={record.state} />}
      onBack={props.onBack}
      actions={
        <RecordActions
          record={record}
          run={run.flow?.can ?? []}
          bundle={bundle}
          editing={editing}
          onEdit={() => open.setEditing(true)}
          onCopy={props.onCopy}
          onChanged={open.show}
          onDeleted={props.onBack}
        />
      }
    >
      <div className="fw-two">
        <div>
          <MyTask record={record} />
          <Final record={record} onCopy={props.onCopy} />
          {latest.rev > record.rev && <Newer />}
          {restored && <Restored at={restored.at} onDrop={giveUp} />}
          <RecordForm model={model} bundle={bundle} layout={layoutOf(bundle)} readOnly={!editing} />
          <EditBar
            record={record}
            editing={editing}
            busy={saving.busy}
            onSend={open.send}
            onCancel={giveUp}
          />
        </div>
        <aside>{props.timeline}</aside>
      </div>
      <Stops
        guarded={saving}
        bundle={bundle}
        model={model}
        before={record.values}
        onNewer={open.takeNewer}
      />
      <LeaveGuard model={model} busy={saving.busy} onLeave={giveUp} />
    </Page>
  )
}

interface EditBarProps {
  record: StoredRecord
  editing: boolean
  busy: boolean
  onSend: (intent: Intent) => void
  onCancel: () => void
}

/** The commands on what is in the form; nothing where there is none. */
function EditBar({ record, editing, busy, onSend, onCancel }: EditBarProps) {
  const { t } = useTranslation()
  const offered = (['submit', 'resubmit'] as const).filter((action) => record.can?.includes(action))
  if (!editing && offered.length === 0) return null
  return (
    <div className="fw-edit-bar">
      {offered.map((action) => (
        <Button key={action} type="primary" loading={busySign(busy)} onClick={() => onSend(action)}>
          {t(`record.${action}`)}
        </Button>
      ))}
      {editing && (
        <Button
          type={offered.length > 0 ? 'default' : 'primary'}
          loading={busySign(busy)}
          onClick={() => onSend('save')}
        >
          {t('record.save')}
        </Button>
      )}
      {editing && !opensForEditing(record) && (
        <Button onClick={onCancel}>{t('common.cancel')}</Button>
      )}
    </div>
  )
}

/** Somebody else has changed the record while it is being changed here: told at once, mended when it is saved. */
function Newer() {
  const { t } = useTranslation()
  return (
    <Alert
      type="warning"
      showIcon
      role="status"
      style={{ marginBottom: 12 }}
      title={t('conflict.title')}
      description={t('conflict.whileEditing')}
    />
  )
}

const final: ReadonlySet<string> = new Set(['rejected', 'cancelled', 'terminated'])

/** What to do about a record whose flow has ended without approval: it stays as it is, a copy may be changed. */
function Final({ record, onCopy }: { record: StoredRecord; onCopy: () => void }) {
  const { t } = useTranslation()
  if (!final.has(record.state ?? '') || !record.can?.includes('copy')) return null
  return (
    <Alert
      type="info"
      showIcon
      style={{ marginBottom: 12 }}
      title={t('record.final.title')}
      action={<Button onClick={onCopy}>{t('record.final.copy')}</Button>}
    />
  )
}

/** The way to the reader's own task on this record, if he has one. */
function MyTask({ record }: { record: StoredRecord }) {
  const { t } = useTranslation()
  const { data } = useSuspenseQuery(recordQueries.timeline(record.entity, record.id))
  const mine = data.flow?.mine
  if (!mine || mine.verbs.includes('resubmit')) return null
  return (
    <Alert
      type="info"
      showIcon
      style={{ marginBottom: 12 }}
      title={t('record.waitsForYou', { node: mine.title })}
      action={
        <Link to="/tasks/$id" params={{ id: mine.task }}>
          {t('record.toTask')}
        </Link>
      }
    />
  )
}
