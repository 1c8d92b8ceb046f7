import { useInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query'
import { Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { bundleQueries } from '@/api/bundle'
import { recordQueries, type StoredRecord } from '@/api/records'
import { translateIfKnown } from '@/lib/i18n'
import { Labelled } from '@/ui/labelled'
import { useDebounced } from '@/ui/use-debounced'
import { usePhone } from '@/ui/use-phone'

interface RecordChoiceProps {
  entity: string
  /** Id of the record, empty for none. */
  value: string
  onChange: (record: string) => void
}

/** Chooses one of the newest records, or one that is searched for. */
export function RecordChoice({ entity, value, onChange }: RecordChoiceProps) {
  const { t } = useTranslation()
  const { data: bundle } = useSuspenseQuery(bundleQueries.of(entity, { phone: usePhone() }))
  const [typed, setTyped] = useState('')
  const q = useDebounced(typed.trim(), 250)
  const { data, isFetching } = useInfiniteQuery(
    recordQueries.list(entity, { sort: '-created_at', limit: 30, ...(q ? { q } : {}) }),
  )
  const display = bundle.entity['x-display'] ?? ''
  const textOf = (record: StoredRecord) => {
    const state = record.state ? (translateIfKnown(`state.${record.state}`) ?? record.state) : ''
    return [String(record.values[display] ?? record.id), state].filter(Boolean).join(' · ')
  }
  return (
    <Labelled id="simulate-record" label={t('flows.existing')} required>
      <Select
        id="simulate-record"
        style={{ width: '100%' }}
        showSearch={{ filterOption: false, onSearch: setTyped }}
        loading={isFetching}
        placeholder={t('flows.chooseRecord')}
        value={value === '' ? null : value}
        onChange={(record: string | null) => onChange(record ?? '')}
        options={(data?.pages ?? []).flatMap((page) =>
          page.records.map((record) => ({ value: record.id, label: textOf(record) })),
        )}
      />
    </Labelled>
  )
}
