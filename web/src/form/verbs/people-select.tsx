import { useQuery } from '@tanstack/react-query'
import { Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Colleague, peopleQueries } from '@/api/people'
import { explain } from '@/lib/problems/explain'
import { useDebounced } from '@/ui/use-debounced'

interface PeopleSelectProps {
  id: string
  /** Only holders of this role; empty for everybody. */
  role?: string
  several: boolean
  value: readonly string[]
  onChange: (ids: string[]) => void
  /** People whose names are known already: one that is chosen may not be among those found. */
  acquainted?: readonly Colleague[]
}

const nobody: readonly Colleague[] = []

/** Chooses colleagues by name. Those chosen stay shown whatever is searched next. */
export function PeopleSelect(props: PeopleSelectProps) {
  const { id, role = '', several, value, onChange, acquainted = nobody } = props
  const { t } = useTranslation()
  const [typed, setTyped] = useState('')
  const [known, setKnown] = useState<readonly Colleague[]>([])
  const search = useDebounced(typed, 250)
  const found = useQuery(peopleQueries.search(search, role))
  const people = new Map(
    [...acquainted, ...known, ...(found.data ?? nobody)].map((person) => [person.id, person]),
  )
  for (const one of value) if (!people.has(one)) people.set(one, { id: one, name: '…' })
  const choose = (ids: string[]) => {
    setKnown([...people.values()].filter((person) => ids.includes(person.id)))
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
      {...(found.error ? { status: 'error' as const } : {})}
      // Opened again it is asked again.
      onOpenChange={(open) => {
        if (open && found.error) void found.refetch()
      }}
      notFoundContent={
        found.isFetching
          ? t('verbs.searching')
          : found.error
            ? explain(found.error)
            : t('common.nothingFound')
      }
      value={several ? [...value] : (value[0] ?? null)}
      options={[...people.values()].map((person) => ({
        value: person.id,
        label: person.department ? `${person.name} · ${person.department}` : person.name,
      }))}
      onChange={(chosen) => choose(chosen === null ? [] : [chosen].flat())}
    />
  )
}
