import { useQuery } from '@tanstack/react-query'
import { Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Colleague, peopleQueries } from '@/api/people'
import { Failed } from '@/ui/failed'
import { useDebounced } from '@/ui/use-debounced'

interface PeopleSelectProps {
  id: string
  /** Only holders of this role; empty for everybody. */
  role?: string
  several: boolean
  value: readonly string[]
  onChange: (ids: string[]) => void
}

/** Chooses colleagues by name. Those chosen stay shown whatever is searched next. */
export function PeopleSelect({ id, role = '', several, value, onChange }: PeopleSelectProps) {
  const { t } = useTranslation()
  const [typed, setTyped] = useState('')
  const [known, setKnown] = useState<readonly Colleague[]>([])
  const search = useDebounced(typed, 250)
  const found = useQuery(peopleQueries.search(search, role))
  if (found.error) return <Failed error={found.error} onRetry={() => void found.refetch()} />
  const people = [
    ...(found.data ?? []),
    ...known.filter(({ id: one }) => !found.data?.some((person) => person.id === one)),
  ]
  const choose = (ids: string[]) => {
    setKnown(people.filter((person) => ids.includes(person.id)))
    onChange(ids)
  }
  return (
    <Select<string[] | string | null>
      id={id}
      showSearch={{ filterOption: false, onSearch: setTyped }}
      {...(several ? { mode: 'multiple' as const } : {})}
      allowClear={several}
      style={{ width: '100%' }}
      placeholder={t('verbs.choosePerson')}
      loading={found.isFetching}
      notFoundContent={found.isFetching ? t('verbs.searching') : t('common.nothingFound')}
      value={several ? [...value] : (value[0] ?? null)}
      options={people.map((person) => ({
        value: person.id,
        label: person.department ? `${person.name} · ${person.department}` : person.name,
      }))}
      onChange={(chosen) => choose(chosen === null ? [] : [chosen].flat())}
    />
  )
}
