import { FilterOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { memberQueries } from '@/api/members'
import {
  type Channel,
  type DeliverySearch,
  type DeliveryState,
  deliveryStates,
} from '@/api/notifications'
import { fromLocal } from '@/lib/time'
import { DayInput } from '@/ui/day-input'
import { FilterDrawer } from '@/ui/filter-drawer'
import { Labelled } from '@/ui/labelled'
import { usePhone } from '@/ui/use-phone'

/** What is asked of the log, with days as people give them. */
export interface DeliveryFilter {
  status: DeliveryState | ''
  channel: string
  user: string
  /** First and last day as YYYY-MM-DD, empty for none. */
  from: string
  to: string
}

export const noFilter: DeliveryFilter = { status: '', channel: '', user: '', from: '', to: '' }

/** The same as the server is asked: days are those of the reader's clock, the last one included. */
export function searchOf(filter: DeliveryFilter): DeliverySearch {
  return {
    ...(filter.status ? { status: filter.status } : {}),
    ...(filter.channel ? { channel: filter.channel } : {}),
    ...(filter.user ? { user: filter.user } : {}),
    ...(filter.from ? { from: fromLocal(`${filter.from}T00:00`) } : {}),
    ...(filter.to ? { to: fromLocal(`${dayAfter(filter.to)}T00:00`) } : {}),
  }
}

function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
}

interface DeliveryFiltersProps {
  channels: readonly Channel[]
  filter: DeliveryFilter
  onFilter: (filter: DeliveryFilter) => void
}

/** Which deliveries are shown: by state, channel, person and day. */
export function DeliveryFilters(props: DeliveryFiltersProps) {
  const { t } = useTranslation()
  const phone = usePhone()
  const [open, setOpen] = useState(false)
  const { filter, onFilter } = props
  const count = Object.values(filter).filter(Boolean).length
  const onClear = count > 0 ? () => onFilter(noFilter) : undefined
  if (!phone) {
    return (
      <>
        <Conditions {...props} />
        {onClear && (
          <Button type="link" onClick={onClear}>
            {t('list.clearFilters')}
          </Button>
        )}
      </>
    )
  }
  return (
    <>
      <Button icon={<FilterOutlined />} aria-expanded={open} onClick={() => setOpen(true)}>
        {count > 0 ? t('list.filterCount', { count }) : t('list.filter')}
      </Button>
      <FilterDrawer open={open} onClose={() => setOpen(false)} onClear={onClear}>
        <Conditions {...props} />
      </FilterDrawer>
    </>
  )
}

const wide = { width: '100%', minWidth: 150 }

function Conditions({ channels, filter, onFilter }: DeliveryFiltersProps) {
  const { t } = useTranslation()
  const { data: members } = useQuery(memberQueries.all())
  const change = (some: Partial<DeliveryFilter>) => onFilter({ ...filter, ...some })
  return (
    <>
      <Labelled id="deliveries-status" label={t('deliveries.status')}>
        <Select<DeliveryState | ''>
          id="deliveries-status"
          style={wide}
          value={filter.status}
          onChange={(status) => change({ status })}
          options={[
            { value: '', label: t('deliveries.anyStatus') },
            ...deliveryStates.map((value) => ({ value, label: t(`deliveries.states.${value}`) })),
          ]}
        />
      </Labelled>
      <Labelled id="deliveries-channel" label={t('deliveries.channel')}>
        <Select
          id="deliveries-channel"
          style={wide}
          value={filter.channel}
          onChange={(channel) => change({ channel })}
          options={[
            { value: '', label: t('deliveries.anyChannel') },
            ...channels.map(({ id, name }) => ({ value: id, label: name })),
          ]}
        />
      </Labelled>
      <Labelled id="deliveries-user" label={t('deliveries.person')}>
        <Select
          id="deliveries-user"
          style={wide}
          allowClear
          showSearch={{ optionFilterProp: 'label' }}
          placeholder={t('deliveries.anyPerson')}
          value={filter.user || null}
          onChange={(user: string | null | undefined) => change({ user: user ?? '' })}
          options={(members ?? []).map(({ user, name }) => ({ value: user, label: name }))}
        />
      </Labelled>
      <Labelled id="deliveries-from" label={t('deliveries.from')}>
        <DayInput id="deliveries-from" value={filter.from} onChange={(from) => change({ from })} />
      </Labelled>
      <Labelled id="deliveries-to" label={t('deliveries.until')}>
        <DayInput id="deliveries-to" value={filter.to} onChange={(to) => change({ to })} />
      </Labelled>
    </>
  )
}
