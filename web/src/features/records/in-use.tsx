import { useMutation } from '@tanstack/react-query'
import { Alert, App, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Bundle } from '@/api/bundle'
import { changeRecord, type StoredRecord } from '@/api/records'
import { ApiError } from '@/api/request'
import { explain } from '@/lib/problems/explain'
import { useFailureMessage } from '@/ui/use-failure-message'
import { useRefresh } from './use-record-saving'

interface Use {
  entity: string
  title: string
  count: number
  more?: boolean
}

/** Whether a command was refused because other records refer to the record. */
export function isInUse(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === 'master_in_use'
}

/** Whether the reader may switch the record off instead of deleting it. */
function canDisable(record: StoredRecord, bundle: Bundle): boolean {
  const field = bundle.entity.properties['enabled']
  const right = bundle.rights.fields?.['enabled']
  return (
    field?.['x-type'] === 'boolean' &&
    (right === undefined || right === 'write') &&
    record.can?.includes('update') === true &&
    record.values['enabled'] !== false
  )
}

interface InUseProps {
  error: ApiError
  record: StoredRecord
  bundle: Bundle
  onDisabled: (record: StoredRecord) => void
}

/** Says what refers to a record that was to be deleted, and offers to disable it instead. */
export function InUse({ error, record, bundle, onDisabled }: InUseProps) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const refresh = useRefresh()
  const fail = useFailureMessage()
  const by = (error.params['by'] ?? []) as Use[]
  const disabling = useMutation({
    mutationFn: () => changeRecord(record, { values: { enabled: false } }),
    onSuccess: async (changed) => {
      await refresh(changed)
      void message.success(t('record.disabled'))
      onDisabled(changed)
    },
    onError: fail,
  })
  return (
    <Alert
      type="warning"
      showIcon
      role="alert"
      title={explain(error)}
      description={
        <>
          <ul>
            {by.map((use) => (
              <li key={use.entity}>
                {t(use.more ? 'record.usedByMany' : 'record.usedBy', {
                  kind: use.title,
                  count: use.count,
                })}
              </li>
            ))}
            {error.params['hidden'] === true && <li>{t('record.usedHidden')}</li>}
          </ul>
          {canDisable(record, bundle) && (
            <>
              <p>{t('record.disableHelp')}</p>
              <Button loading={disabling.isPending} onClick={() => disabling.mutate()}>
                {t('record.disable')}
              </Button>
            </>
          )}
        </>
      }
    />
  )
}
