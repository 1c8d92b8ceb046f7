import { useQuery } from '@tanstack/react-query'
import { Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { flowQueries } from '@/api/flows'
import { useDebounced } from '@/ui/use-debounced'

interface PersonSelectProps {
  id: string
  flow: string
  /** Id of the person, empty for nobody. */
  value: string
  onChange: (user: string) => void
}

/** Chooses somebody of the company by name. */
export function PersonSelect({ id, flow, value, onChange }: PersonSelectProps) {
  const { t } = useTranslation()
  const [typed, setTyped] = useState('')
  const { data: people, isFetching } = useQuery(flowQueries.people(flow, useDebounced(typed, 250)))
  return (
    <Select
      id={id}
      style={{ width: '100%' }}
      allowClear
      showSearch={{ filterOption: false, onSearch: setTyped }}
      loading={isFetching}
      placeholder={t('flows.choosePerson')}
      value={value === '' ? null : value}
      onChange={(user: string | null | undefined) => onChange(user ?? '')}
      options={(people ?? []).map((person) => ({ value: person.id, label: person.name }))}
    />
  )
}
