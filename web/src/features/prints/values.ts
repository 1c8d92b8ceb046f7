import type { Field } from '@/api/bundle'
import type { PrintColumn } from '@/api/prints'
import type { Column } from '@/api/reports'
import type { Wire } from '@/api/wire'
import { kindOf } from '@/form/fields/kinds'

/** What showing values on paper needs from outside. */
export interface Look {
  refs: Record<string, string> | undefined
  zone: string
}

/** A column as the field that it is to those who show values. */
function fieldOf(column: Column): Field {
  return {
    type: 'string',
    title: column.title,
    'x-type': column['x-type'],
    'x-scale': column['x-scale'],
    'x-fixed': column['x-fixed'],
    ...(column['x-unit'] ? { 'x-unit': column['x-unit'] } : {}),
    ...(column.entity ? { 'x-entity': column.entity } : {}),
    ...(column.oneOf ? { oneOf: column.oneOf } : {}),
  }
}

/** A value as it stands on paper; nothing where there is none, or where its name may not be seen. */
export function printed(column: Column, value: Wire | null | undefined, look: Look): string {
  if (value === undefined || value === null || value === '') return ''
  const nameOf = (entity: string, id: string) => look.refs?.[`${entity}/${id}`] ?? ''
  return kindOf(fieldOf(column)).text(value, { field: fieldOf(column), nameOf, zone: look.zone })
}

/** How a column is aligned: as its definition says, numbers right. */
export function alignOf(column: PrintColumn): 'left' | 'center' | 'right' {
  return column.align ?? (kindOf(fieldOf(column)).numeric ? 'right' : 'left')
}
