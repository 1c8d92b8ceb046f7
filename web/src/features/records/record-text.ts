import i18next from 'i18next'
import type { Bundle } from '@/api/bundle'
import type { StoredRecord } from '@/api/records'
import { shownValue } from '@/form/fields/kinds'
import { translateIfKnown } from '@/lib/i18n'
import { titleOf } from '@/lib/texts'
import { moment } from '@/lib/time'

/** The heading of a path: a field's title, or the name of a system field. */
export function pathTitle(bundle: Bundle, path: string): string {
  const field = bundle.entity.properties[path]
  if (field) return titleOf({ ...field, name: path })
  return translateIfKnown(`system.${path}`) ?? path
}

/** What a record shows at a path, as text: a field, a system field, or a field of something it refers to. */
export function pathText(bundle: Bundle, record: StoredRecord, path: string): string {
  const field = bundle.entity.properties[path]
  const nameOf = (entity: string, id: string) => record.refs?.[`${entity}/${id}`]
  if (field) return shownValue(record.values[path], { field, nameOf, zone: bundle.zone })
  switch (path) {
    case 'state':
      return record.state ? i18next.t(`state.${record.state}` as 'state.draft') : '–'
    case 'created_by':
      return nameOf('user', record.createdBy ?? '') ?? '–'
    case 'updated_by':
      return nameOf('user', record.updatedBy ?? '') ?? '–'
    case 'created_at':
      return record.createdAt ? moment(record.createdAt, bundle.zone) : '–'
    case 'updated_at':
      return record.updatedAt ? moment(record.updatedAt, bundle.zone) : '–'
    default:
      return distantText(record, path)
  }
}

/** A value from behind references; an id among refs is shown by its text. */
function distantText(record: StoredRecord, path: string): string {
  const value = record.related?.[path]
  if (value === undefined || value === null || value === '') return '–'
  const text = String(value)
  const known = Object.entries(record.refs ?? {}).find(([key]) => key.endsWith(`/${text}`))
  return known?.[1] ?? text
}

/** How a record is called: by the field its definition displays. */
export function recordTitle(bundle: Bundle, record: StoredRecord | undefined): string {
  const kind = titleOf(bundle.entity)
  if (!record) return kind
  const own = displayText(bundle, record)
  return own === '' ? kind : `${kind} ${own}`
}

/** What a record is shown as where another one refers to it; empty if the reader sees none. */
export function displayText(bundle: Bundle, record: StoredRecord): string {
  const path = bundle.entity['x-display'] ?? bundle.entity['x-natural']
  const own = path ? pathText(bundle, record, path) : ''
  return own === '–' ? '' : own
}
