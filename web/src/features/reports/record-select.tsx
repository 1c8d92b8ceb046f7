import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { bundleQueries } from '@/api/bundle'
import { findRecords, recordQueries, type StoredRecord } from '@/api/records'
import { shownValue } from '@/form/fields/kinds'
import { explain } from '@/lib/problems/explain'
import { useDebounced } from '@/ui/use-debounced'
import { usePhone } from '@/ui/use-phone'

interface RecordSelectProps {
  id: string
  /** Entity of the records: the reader finds those he may read. */
  entity: string
  value: string | undefined
  invalid: boolean
  describedBy: string | undefined
  onChange: (id: string | undefined) => void
}

/** Chooses a record to report on. */
export function RecordSelect(props: RecordSelectProps) {
  const { t } = useTranslation()
  const { entity, value, onChange } = props
  const [typed, setTyped] = useState('')
  const [open, setOpen] = useState(false)
  const q = useDebounced(typed, 200)
  const nameOf = useNames(entity)
  const found = useQuery({
    queryKey: ['records', entity, 'list', 'select', q],
    queryFn: () => findRecords(entity, { limit: 50, ...(q ? { q } : {}) }),
    enabled: open,
    placeholderData: keepPreviousData,
  })
  const { data: chosen } = useQuery({
    ...recordQueries.one(entity, value ?? ''),
    enabled: value !== undefined,
  })
  const options = (found.data?.records ?? []).map((record) => ({
    value: record.id,
    label: nameOf(record),
  }))
  if (value && !typed && !options.some((option) => option.value === value)) {
    options.unshift({ value, label: chosen ? nameOf(chosen) : value })
  }
  return (
    <Select
      id={props.id}
      allowClear
      showSearch={{ filterOption: false, searchValue: typed, onSearch: setTyped }}
      onOpenChange={setOpen}
      loading={found.isFetching}
      placeholder={t('report.all')}
      popupMatchSelectWidth={false}
      notFoundContent={found.error ? explain(found.error) : t('common.nothingFound')}
      value={value ?? null}
      options={options}
      {...(props.invalid ? { status: 'error' as const, 'aria-invalid': true } : {})}
      {...(props.describedBy ? { 'aria-describedby': props.describedBy } : {})}
      onChange={(id: string | null | undefined) => {
        setTyped('')
        onChange(id ?? undefined)
      }}
    />
  )
}

/** How the records of an entity are called: by the field its definition displays. */
function useNames(entity: string) {
  const phone = usePhone()
  const { data: bundle } = useQuery(bundleQueries.of(entity, { phone }))
  return (record: StoredRecord): string => {
    const path = bundle?.entity['x-display'] ?? ''
    const field = bundle?.entity.properties[path]
    const value = record.values[path]
    if (!field || typeof value !== 'string') return record.id
    return shownValue(value, { field, nameOf: () => undefined, zone: undefined })
  }
}
