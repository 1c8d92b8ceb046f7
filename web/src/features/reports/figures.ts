import type { Field } from '@/api/bundle'
import type { Column, Report } from '@/api/reports'
import type { Wire } from '@/api/wire'
import { kindOf, shownValue } from '@/form/fields/kinds'
import { compare, divided, grouped } from '@/lib/decimal'

/** How amounts of money are read: in yuan to the cent, or in ten thousands of yuan with two places. */
export type MoneyUnit = 'yuan' | 'wan'

/** What showing figures needs from outside. */
export interface Look {
  unit: MoneyUnit
  refs: Report['refs']
}

const numbers: ReadonlySet<string> = new Set(['integer', 'decimal', 'percent', 'money'])

export function isNumber(column: Column): boolean {
  return numbers.has(column['x-type'])
}

export function isMoney(column: Column): boolean {
  return column['x-type'] === 'money'
}

/** Whether the values of a column follow each other in time. */
export function isTime(column: Column | undefined): boolean {
  return ['date', 'month', 'datetime'].includes(column?.['x-type'] ?? '')
}

/** A column as the field that it is to those who show values. */
export function fieldOf(column: Column): Field {
  return {
    type: 'string',
    title: column.title,
    'x-type': column['x-type'],
    ...(column['x-unit'] ? { 'x-unit': column['x-unit'] } : {}),
    ...(column.entity ? { 'x-entity': column.entity } : {}),
    ...(column.oneOf ? { oneOf: column.oneOf } : {}),
  }
}

/** A value of a column as people read it; exact but for money in ten thousands, which is rounded half up. */
export function figure(column: Column, value: Wire | undefined, look: Look): string {
  if (isMoney(column) && look.unit === 'wan' && value !== undefined && value !== null) {
    return grouped(divided(String(value), 10_000n, 2))
  }
  const nameOf = (entity: string, id: string) => look.refs?.[`${entity}/${id}`]
  return shownValue(value, { field: fieldOf(column), nameOf, zone: undefined })
}

/** The unit of an amount that stands alone with its unit beside it: a price of 381.12 is not read as 0.04. */
export function unitAlone(value: Wire | undefined, unit: MoneyUnit): MoneyUnit {
  if (unit === 'yuan' || typeof value !== 'string') return 'yuan'
  return compare(value.replace('-', ''), '10000') === -1 ? 'yuan' : 'wan'
}

/** Where a number stands in a chart. Geometry may round; what is written comes from figure. */
export function position(column: Column, value: Wire | undefined, unit: MoneyUnit): number | null {
  if (value === undefined || value === null || value === '') return null
  const number = Number(value)
  if (!Number.isFinite(number)) return null
  return isMoney(column) && unit === 'wan' ? number / 10_000 : number
}

/** Whether a column stands at the right, with digits of one width. */
export function isNumeric(column: Column): boolean {
  return kindOf(fieldOf(column)).numeric === true
}
