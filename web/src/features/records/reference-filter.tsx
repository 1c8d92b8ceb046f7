import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Bundle } from '@/api/bundle'
import { findChoices } from '@/api/records'
import type { Values } from '@/api/wire'
import { useDebounced } from '@/ui/use-debounced'
import type { Chosen, Filters } from './quick-filters'

interface ReferenceFilterProps {
  bundle: Bundle
  path: string
  title: string
  filters: Filters
  onChange: (chosen: Chosen | undefined) => void
}

/** Filters by one record or person. What the other filters chose narrows the offer: teams of the chosen project. */
export function ReferenceFilter({ bundle, path, title, filters, onChange }: ReferenceFilterProps) {
  const { t } = useTranslation()
  const [typed, setTyped] = useState('')
  const [open, setOpen] = useState(false)
  const q = useDebounced(typed, 200)
  const chosen = filters[path]
  const values: Values = Object.fromEntries(
    Object.entries(filters).flatMap(([name, other]) =>
      other.kind === 'one' ? [[name, other.id]] : [],
    ),
  )
  const { data, isFetching } = useQuery({
    queryKey: ['choices', bundle.entity.name, path, q, JSON.stringify(values)],
    queryFn: ({ signal }) =>
      findChoices(bundle.entity.name, { field: path, values, ...(q ? { q } : {}) }, signal),
    enabled: open,
    placeholderData: keepPreviousData,
  })
  const options = (data?.items ?? []).map((item) => ({ value: item.id, label: item.text }))
  if (chosen?.kind === 'one' && !options.some((option) => option.value === chosen.id)) {
    options.unshift({ value: chosen.id, label: chosen.text })
  }
  return (
    <Select
      id={`filter-${path}`}
      allowClear
      showSearch={{ filterOption: false, searchValue: typed, onSearch: setTyped }}
      onOpenChange={setOpen}
      loading={isFetching}
      style={{ minWidth: 150 }}
      popupMatchSelectWidth={false}
      aria-label={title}
      placeholder={title}
      notFoundContent={t('common.nothingFound')}
      value={chosen?.kind === 'one' ? chosen.id : null}
      options={options}
      onChange={(id: string | null | undefined) => {
        const option = options.find((each) => each.value === id)
        setTyped('')
        onChange(option ? { kind: 'one', id: option.value, text: option.label } : undefined)
      }}
    />
  )
}
