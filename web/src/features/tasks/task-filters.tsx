import { FilterOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Checkbox, Input, Select } from 'antd'
import { type ReactNode, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { menuQueries } from '@/api/menu'
import type { TaskSearch } from '@/api/tasks'
import type { Person } from '@/api/wire'
import { PeopleSelect } from '@/form/verbs/people-select'
import { type TaskTab, taskSorts } from '@/lib/task-tab'
import { DayInput } from '@/ui/day-input'
import { FilterDrawer } from '@/ui/filter-drawer'
import { Labelled } from '@/ui/labelled'
import { useDebounced } from '@/ui/use-debounced'
import { usePhone } from '@/ui/use-phone'
import { kindsIn } from './kinds'

interface TaskFiltersProps {
  tab: TaskTab
  search: TaskSearch
  onSearch: (search: TaskSearch) => void
  /** Who began what the list shows. */
  initiators: readonly Person[]
  /** Begins or ends choosing several. */
  onSelect?: () => void
  selecting: boolean
}

/** Without what is empty: the URL keeps only what was asked for. */
function tidy(search: TaskSearch): TaskSearch {
  return Object.fromEntries(
    Object.entries(search).filter(
      ([, value]) => value !== undefined && value !== '' && value !== false,
    ),
  )
}

/** What of the list is shown, and in which order. */
export function TaskFilters(props: TaskFiltersProps) {
  const { tab, search, onSearch, initiators, onSelect, selecting } = props
  const { t } = useTranslation()
  const phone = usePhone()
  const [open, setOpen] = useState(false)
  const change = (some: Partial<TaskSearch>) => onSearch(tidy({ ...search, ...some }))
  const sorts = taskSorts[tab]
  const count = ['entity', 'initiator', 'from', 'to', 'overdue'].filter(
    (name) => search[name as keyof TaskSearch],
  ).length
  return (
    <search className="fw-task-tools">
      <SearchBox q={search.q ?? ''} onSearch={(q) => change({ q })} />
      <Button
        icon={<FilterOutlined />}
        aria-expanded={open}
        type={count > 0 ? 'primary' : 'default'}
        ghost={count > 0}
        onClick={() => setOpen(!open)}
      >
        {count > 0 ? t('list.filterCount', { count }) : t('list.filter')}
      </Button>
      <Select
        aria-label={t('tasks.sort')}
        style={{ minWidth: 130 }}
        value={search.sort ?? sorts[0] ?? ''}
        options={sorts.map((value) => ({
          value,
          label: t(`tasks.sorts.${value}` as 'tasks.sorts.due_at'),
        }))}
        onChange={(sort) => change({ sort: sort === sorts[0] ? '' : sort })}
      />
      {onSelect && (
        <Button onClick={onSelect}>{t(selecting ? 'tasks.selectEnd' : 'tasks.select')}</Button>
      )}
      <Place
        phone={phone}
        open={open}
        onClose={() => setOpen(false)}
        onClear={
          count > 0
            ? () => onSearch(tidy({ q: search.q ?? '', sort: search.sort ?? '' }))
            : undefined
        }
      >
        <Conditions search={search} change={change} tab={tab} initiators={initiators} />
      </Place>
    </search>
  )
}

interface PlaceProps {
  phone: boolean
  open: boolean
  onClose: () => void
  onClear: (() => void) | undefined
  children: ReactNode
}

/** On a desk the conditions stand under the tools, on a phone in a drawer. */
function Place({ phone, open, onClose, onClear, children }: PlaceProps) {
  const { t } = useTranslation()
  if (phone) {
    return (
      <FilterDrawer open={open} onClose={onClose} onClear={onClear}>
        {children}
      </FilterDrawer>
    )
  }
  if (!open) return null
  return (
    <div className="fw-task-conditions">
      {children}
      {onClear && (
        <Button type="link" onClick={onClear}>
          {t('list.clearFilters')}
        </Button>
      )}
    </div>
  )
}

function SearchBox({ q, onSearch }: { q: string; onSearch: (q: string) => void }) {
  const { t } = useTranslation()
  const [typed, setTyped] = useState(q)
  const [known, setKnown] = useState(q)
  // The search may be changed from outside: by going back, or by the button that clears everything.
  if (q !== known) {
    setKnown(q)
    setTyped(q)
  }
  const settled = useDebounced(typed, 300)
  useEffect(() => {
    if (settled !== q && settled === typed) onSearch(settled)
  }, [settled, typed, q, onSearch])
  return (
    <Input.Search
      allowClear
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
      placeholder={t('tasks.search')}
      aria-label={t('tasks.search')}
      style={{ maxWidth: 360, flex: '1 1 180px' }}
    />
  )
}

interface ConditionsProps {
  tab: TaskTab
  search: TaskSearch
  initiators: readonly Person[]
  change: (some: Partial<TaskSearch>) => void
}

function Conditions({ tab, search, initiators, change }: ConditionsProps) {
  const { t } = useTranslation()
  const { data: menu } = useQuery(menuQueries.all())
  return (
    <>
      <Labelled id="tasks-entity" label={t('tasks.kind')}>
        <Select
          id="tasks-entity"
          allowClear
          placeholder={t('tasks.anyKind')}
          style={{ minWidth: 160 }}
          value={search.entity ?? null}
          options={kindsIn(menu ?? [])}
          onChange={(entity: string | null | undefined) => change({ entity: entity ?? '' })}
        />
      </Labelled>
      {tab !== 'started' && (
        <Labelled id="tasks-initiator" label={t('tasks.initiator')}>
          <div style={{ minWidth: 200 }}>
            <PeopleSelect
              id="tasks-initiator"
              several
              acquainted={initiators}
              value={search.initiator ? [search.initiator] : []}
              onChange={(ids) => change({ initiator: ids.at(-1) ?? '' })}
            />
          </div>
        </Labelled>
      )}
      <Labelled id="tasks-from" label={t('tasks.from')}>
        <DayInput
          id="tasks-from"
          value={search.from ?? ''}
          onChange={(day) => change({ from: day })}
        />
      </Labelled>
      <Labelled id="tasks-to" label={t('tasks.until')}>
        <DayInput id="tasks-to" value={search.to ?? ''} onChange={(day) => change({ to: day })} />
      </Labelled>
      {(tab === 'open' || tab === 'handle' || tab === 'proxied') && (
        <Checkbox
          checked={search.overdue === true}
          onChange={(event) => change({ overdue: event.target.checked })}
        >
          {t('tasks.overdue')}
        </Checkbox>
      )}
    </>
  )
}
