import { FilterOutlined } from '@ant-design/icons'
import { Button, DatePicker, Input, Select } from 'antd'
import dayjs from 'dayjs'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Bundle, Field } from '@/api/bundle'
import { choicesOf } from '@/form/fields/options'
import { translateIfKnown } from '@/lib/i18n'
import { titleOf } from '@/lib/texts'
import { FilterDrawer } from '@/ui/filter-drawer'
import { Labelled } from '@/ui/labelled'
import { NativeDate } from '@/ui/native-date'
import { usePhone } from '@/ui/use-phone'
import { type Chosen, type Filters, filterField, filterKind } from './quick-filters'
import { ReferenceFilter } from './reference-filter'

interface QuickFilterBarProps {
  bundle: Bundle
  paths: readonly string[]
  filters: Filters
  onChange: (filters: Filters) => void
}

const states = [
  'draft',
  'running',
  'returned',
  'suspended',
  'approved',
  'rejected',
  'cancelled',
  'terminated',
  'voided',
]

/** The filters a view offers: side by side on a desk, in a drawer on a phone. */
export function QuickFilterBar(props: QuickFilterBarProps) {
  const { t } = useTranslation()
  const phone = usePhone()
  const [open, setOpen] = useState(false)
  const { bundle, filters, onChange } = props
  const usable = props.paths.flatMap((path) => {
    const field = filterField(bundle, path)
    return field && filterKind(field) ? [{ path, field }] : []
  })
  if (usable.length === 0) return null
  const set = (path: string, chosen: Chosen | undefined) => {
    const { [path]: _, ...rest } = filters
    onChange(chosen ? { ...rest, [path]: chosen } : rest)
  }
  const count = Object.keys(filters).length
  const controls = usable.map(({ path, field }) => (
    <QuickFilter
      key={path}
      bundle={bundle}
      path={path}
      field={field}
      filters={filters}
      labelled={phone}
      onChange={(chosen) => set(path, chosen)}
    />
  ))
  if (!phone) {
    return (
      <search className="fw-filters">
        {controls}
        {count > 0 && (
          <Button type="link" onClick={() => onChange({})}>
            {t('list.clearFilters')}
          </Button>
        )}
      </search>
    )
  }
  return (
    <>
      <Button icon={<FilterOutlined />} onClick={() => setOpen(true)}>
        {count > 0 ? t('list.filterCount', { count }) : t('list.filter')}
      </Button>
      <FilterDrawer
        open={open}
        onClose={() => setOpen(false)}
        onClear={count > 0 ? () => onChange({}) : undefined}
      >
        {controls}
      </FilterDrawer>
    </>
  )
}

interface QuickFilterProps {
  bundle: Bundle
  path: string
  field: Field | 'state'
  filters: Filters
  labelled: boolean
  onChange: (chosen: Chosen | undefined) => void
}

function QuickFilter(props: QuickFilterProps) {
  const { t } = useTranslation()
  const { path, field, labelled } = props
  const title = field === 'state' ? t('list.state') : titleOf({ ...field, name: path })
  const control = <FilterControl {...props} title={title} />
  if (!labelled) return control
  return (
    <Labelled id={`filter-${path}`} label={title}>
      {control}
    </Labelled>
  )
}

function FilterControl(props: QuickFilterProps & { title: string }) {
  const { t } = useTranslation()
  const { path, field, filters, onChange, title } = props
  const chosen = filters[path]
  const id = `filter-${path}`
  const style = { minWidth: 130 }
  switch (filterKind(field)) {
    case 'options':
      return (
        <Select
          id={id}
          mode="multiple"
          allowClear
          maxTagCount="responsive"
          style={{ minWidth: 150 }}
          aria-label={title}
          placeholder={title}
          value={chosen?.kind === 'options' ? chosen.values : []}
          options={
            field === 'state'
              ? states.map((state) => ({
                  value: state,
                  label: translateIfKnown(`state.${state}`) ?? state,
                }))
              : choicesOf(field, [])
          }
          onChange={(values) =>
            onChange(values.length > 0 ? { kind: 'options', values } : undefined)
          }
        />
      )
    case 'one':
      return <ReferenceFilter {...props} title={title} />
    case 'range':
      return <RangeFilter {...props} title={title} />
    case 'flag':
      return (
        <Select
          id={id}
          allowClear
          style={style}
          aria-label={title}
          placeholder={title}
          value={chosen?.kind === 'flag' ? chosen.value : null}
          options={[
            { value: true, label: t('common.yes') },
            { value: false, label: t('common.no') },
          ]}
          onChange={(value) =>
            onChange(typeof value === 'boolean' ? { kind: 'flag', value } : undefined)
          }
        />
      )
    default:
      return (
        <Input
          id={id}
          allowClear
          style={{ width: 150 }}
          aria-label={title}
          placeholder={title}
          value={chosen?.kind === 'text' ? chosen.text : ''}
          onChange={(event) =>
            onChange(
              event.target.value === '' ? undefined : { kind: 'text', text: event.target.value },
            )
          }
        />
      )
  }
}

function RangeFilter(props: QuickFilterProps & { title: string }) {
  const { t } = useTranslation()
  const phone = usePhone()
  const { path, field, filters, onChange, title } = props
  const chosen = filters[path]
  const { from, to } = chosen?.kind === 'range' ? chosen : {}
  const byMonth = field !== 'state' && field['x-type'] === 'month'
  const change = (nextFrom: string | undefined, nextTo: string | undefined) =>
    onChange(
      nextFrom || nextTo
        ? {
            kind: 'range',
            ...(nextFrom ? { from: nextFrom } : {}),
            ...(nextTo ? { to: nextTo } : {}),
          }
        : undefined,
    )
  if (phone) {
    const type = byMonth ? 'month' : 'date'
    return (
      <div style={{ display: 'flex', gap: 8 }}>
        <NativeDate
          id={`filter-${path}`}
          type={type}
          aria-label={t('list.from', { field: title })}
          value={from ?? ''}
          onChange={(day) => change(day || undefined, to)}
        />
        <NativeDate
          type={type}
          aria-label={t('list.to', { field: title })}
          value={to ?? ''}
          onChange={(day) => change(from, day || undefined)}
        />
      </div>
    )
  }
  return (
    <DatePicker.RangePicker
      id={{ start: `filter-${path}`, end: `filter-${path}-to` }}
      picker={byMonth ? 'month' : 'date'}
      allowEmpty={[true, true]}
      style={{ width: 240 }}
      placeholder={[t('list.from', { field: title }), t('list.to', { field: title })]}
      value={[from ? dayjs(from) : null, to ? dayjs(to) : null]}
      onChange={(_, texts) => change(texts?.[0] || undefined, texts?.[1] || undefined)}
    />
  )
}
