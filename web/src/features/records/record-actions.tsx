import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { App, Button, Dropdown, Input, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Bundle } from '@/api/bundle'
import { commandRecord, deleteRecord, type StoredRecord } from '@/api/records'
import { Attempt } from '@/api/request'
import { rowIdsOf } from '@/form/patch'
import { useGuardedCommand } from '@/form/save/use-guarded-command'
import { WarningsDialog } from '@/form/save/warnings-dialog'
import { Labelled } from '@/ui/labelled'
import { PrintMenu } from '@/ui/print-menu'
import { useFailureMessage } from '@/ui/use-failure-message'
import { useFlowButtons } from './flow-buttons'
import { useRefresh } from './use-record-saving'

/** Commands that ask before they are sent; some want a reason. */
const asking = ['withdraw', 'cancel', 'void', 'delete'] as const
type Asking = (typeof asking)[number]
const withReason: ReadonlySet<Asking> = new Set(['cancel', 'void'])

interface RecordActionsProps {
  record: StoredRecord
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
  return (
    <>
      {can.includes('update') && !editing && (
        <Button onClick={props.onEdit}>{t('record.edit')}</Button>
      )}
      {can.includes('copy') && <Button onClick={props.onCopy}>{t('record.copy')}</Button>}
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
      {offered.length + buttons.items.length > 0 && (
        <Dropdown
          trigger={['click']}
          menu={{
            items: [
              ...buttons.items,
              ...offered.map((action) => ({
                key: action,
                label: t(`record.${action}`),
                danger: action === 'void' || action === 'delete',
              })),
            ],
            onClick: ({ key }) => {
              if (!buttons.press(key)) setAsked(offered.find((action) => action === key))
            },
          }}
        >
          <Button aria-haspopup="menu">{t('record.more')}</Button>
        </Dropdown>
      )}
      {asked && <AskedCommand {...props} command={asked} onClose={() => setAsked(undefined)} />}
    </>
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
    onError: fail,
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
    <Modal
      open
      title={t(`record.ask.${command}`)}
      okText={t(`record.${command}`)}
      cancelText={t('common.back')}
      confirmLoading={changing.busy || deleting.isPending}
      okButtonProps={{
        danger: command === 'void' || command === 'delete',
        disabled: command === 'void' && reason.trim() === '',
      }}
      onOk={() => (command === 'delete' ? deleting.mutate() : void changing.run(command))}
      onCancel={props.onClose}
    >
      <p>{t(`record.askHelp.${command}`)}</p>
      {needsReason && (
        <Labelled id="command-reason" label={t('record.reason')} required={command === 'void'}>
          <Input.TextArea
            id="command-reason"
            autoSize={{ minRows: 2 }}
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        </Labelled>
      )}
    </Modal>
  )
}
