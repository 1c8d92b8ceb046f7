import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { App, Button, Dropdown, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Bundle } from '@/api/bundle'
import { commandRecord, deleteRecord, type StoredRecord } from '@/api/records'
import { Attempt } from '@/api/request'
import type { Possible, RunVerb, VerbInput } from '@/api/verbs'
import { rowIdsOf } from '@/form/patch'
import { useGuardedCommand } from '@/form/save/use-guarded-command'
import { WarningsDialog } from '@/form/save/warnings-dialog'
import { doneText, verbText, wordOf } from '@/form/verbs/needs'
import { VerbDialog } from '@/form/verbs/verb-dialog'
import { explain } from '@/lib/problems/explain'
import { Ask } from '@/ui/ask'
import { Labelled } from '@/ui/labelled'
import { PrintMenu } from '@/ui/print-menu'
import { useFailureMessage } from '@/ui/use-failure-message'
import { useFlowButtons } from './flow-buttons'
import { InUse, isInUse } from './in-use'
import { useRefresh } from './use-record-saving'

/** Commands that ask before they are sent; some want a reason. */
const asking = ['withdraw', 'cancel', 'void', 'delete'] as const
type Asking = (typeof asking)[number]
const withReason: ReadonlySet<Asking> = new Set(['cancel', 'void'])

/** The run's verbs that this page offers besides those of the record; writing has its own buttons. */
const onRun: ReadonlySet<string> = new Set([
  'return',
  'remind',
  'retrieve',
  'cc',
  'cancel',
  'retry',
  'jump',
  'reassign',
  'terminate',
])

interface RecordActionsProps {
  record: StoredRecord
  /** What the reader may do with its run. */
  run: readonly Possible[]
  bundle: Bundle
  editing: boolean
  onEdit: () => void
  onCopy: () => void
  onChanged: (record: StoredRecord) => void
  onDeleted: () => void
}

/** What the reader may do with the record besides writing it. */
export function RecordActions(props: RecordActionsProps) {
  const { t } = useTranslation()
  const { record, bundle, editing } = props
  const navigate = useNavigate()
  const [asked, setAsked] = useState<Asking | undefined>()
  const can = record.can ?? []
  const buttons = useFlowButtons(record)
  const offered = asking.filter((action) => can.includes(action))
  const verbs = props.run.filter(
    (each) =>
      each.on === 'record' &&
      onRun.has(each.verb) &&
      !offered.some((action) => action === each.verb),
  )
  const [verb, setVerb] = useState<Possible | undefined>()
  return (
    <>
      {can.includes('update') && !editing && (
        <Button onClick={props.onEdit}>{t('record.edit')}</Button>
      )}
      {can.includes('copy') && <Button onClick={props.onCopy}>{t('record.copy')}</Button>}
      {!editing &&
        bundle.begins.map((begin) => (
          <Button
            key={`${begin.form}/${begin.name}`}
            onClick={() =>
              void navigate({
                to: '/e/$entity/new',
                params: { entity: begin.entity },
                search: { form: begin.form, begin: begin.name, of: record.id },
              })
            }
          >
            {begin.title}
          </Button>
        ))}
      {!editing && (
        <PrintMenu
          prints={bundle.prints}
          onChoose={(print) =>
            void navigate({
              to: '/print/e/$entity/$print',
              params: { entity: record.entity, print },
              search: { ids: record.id },
            })
          }
        />
      )}
      {offered.length + verbs.length + buttons.items.length > 0 && (
        <Dropdown
          trigger={['click']}
          autoFocus
          menu={{
            items: [
              ...buttons.items,
              ...verbs.map((each) => ({
                key: each.verb,
                label: verbText(wordOf(each)),
                danger: each.verb === 'terminate',
              })),
              ...offered.map((action) => ({
                key: action,
                label: t(`record.${action}`),
                danger: action === 'void' || action === 'delete',
              })),
            ],
            onClick: ({ key }) => {
              if (buttons.press(key)) return
              setAsked(offered.find((action) => action === key))
              setVerb(verbs.find((each) => each.verb === key))
            },
          }}
        >
          <Button aria-haspopup="menu">{t('record.more')}</Button>
        </Dropdown>
      )}
      {asked && <AskedCommand {...props} command={asked} onClose={() => setAsked(undefined)} />}
      {verb && <RunCommand {...props} can={verb} onClose={() => setVerb(undefined)} />}
    </>
  )
}

/** A verb of the run, with all it needs. What is refused is said where another attempt can be made. */
function RunCommand(props: RecordActionsProps & { can: Possible; onClose: () => void }) {
  const { message } = App.useApp()
  const { record, can } = props
  const [attempt] = useState(() => new Attempt())
  const refresh = useRefresh()
  const sending = useMutation({
    mutationFn: (input: VerbInput) =>
      commandRecord(record, can.verb as RunVerb, input, attempt.keyFor(input)),
    onSuccess: async (changed) => {
      await refresh(changed)
      void message.success(doneText(wordOf(can)))
      props.onClose()
      props.onChanged(changed)
    },
  })
  return (
    <VerbDialog
      can={can}
      busy={sending.isPending}
      refusal={sending.error ? explain(sending.error) : undefined}
      onDo={(input) => sending.mutate(input)}
      onCancel={props.onClose}
    />
  )
}

function AskedCommand(props: RecordActionsProps & { command: Asking; onClose: () => void }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const { record, command, bundle } = props
  const [reason, setReason] = useState('')
  const [attempt] = useState(() => new Attempt())
  const refresh = useRefresh()
  const fail = useFailureMessage()
  const deleting = useMutation({
    mutationFn: () => deleteRecord(record),
    onSuccess: () => {
      void message.success(t('record.deleted'))
      props.onDeleted()
    },
    onError: (error) => {
      if (!isInUse(error)) fail(error)
    },
  })
  const changing = useGuardedCommand<Exclude<Asking, 'delete'>, StoredRecord>({
    model: undefined,
    bundle,
    send: (verb, acknowledged) => {
      const words = reason.trim()
      const body = {
        ...(words === '' ? {} : verb === 'void' ? { reason: words } : { comment: words }),
        ...(acknowledged ? { acknowledged } : {}),
      }
      return commandRecord(record, verb, body, attempt.keyFor(body))
    },
    onDone: async (changed) => {
      await refresh(changed)
      void message.success(t(`record.done.${command}` as 'record.done.withdraw'))
      props.onClose()
      props.onChanged(changed)
    },
  })
  if (changing.stop?.kind === 'warnings') {
    return (
      <WarningsDialog
        problems={changing.stop.problems}
        bundle={bundle}
        rowsOf={(table) => rowIdsOf(record.values, table)}
        onGive={changing.repeat}
        onCancel={changing.dismiss}
      />
    )
  }
  const needsReason = withReason.has(command)
  return (
    <Ask
      title={t(`record.ask.${command}`)}
      ok={t(`record.${command}`)}
      danger={command === 'void' || command === 'delete'}
      disabled={(command === 'void' && reason.trim() === '') || isInUse(deleting.error)}
      busy={changing.busy || deleting.isPending}
      onOk={() => (command === 'delete' ? deleting.mutate() : void changing.run(command))}
      onCancel={props.onClose}
    >
      {isInUse(deleting.error) ? (
        <InUse
          error={deleting.error}
          record={record}
          bundle={bundle}
          onDisabled={(changed) => {
            props.onClose()
            props.onChanged(changed)
          }}
        />
      ) : (
        <p>{t(`record.askHelp.${command}`)}</p>
      )}
      {needsReason && (
        <Labelled id="command-reason" label={t('record.reason')} required={command === 'void'}>
          <Input.TextArea
            id="command-reason"
            rows={3}
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        </Labelled>
      )}
    </Ask>
  )
}
