import type { Values } from '@/api/wire'
import type { MoneyUnit } from './figures'
import { writeParams } from './params'

/** What of a report is in the URL: its params as JSON, how money is read, how the table is sorted. */
export interface ReportState {
  p?: string
  unit?: 'wan'
  sort?: string
}

export function withUnit(state: ReportState, unit: MoneyUnit): ReportState {
  const { unit: _, ...rest } = state
  return unit === 'wan' ? { ...rest, unit } : rest
}

export function withParams(state: ReportState, values: Values): ReportState {
  const { p: _, ...rest } = state
  const p = writeParams(values)
  return p ? { ...rest, p } : rest
}

export function withSort(state: ReportState, sort: string | undefined): ReportState {
  const { sort: _, ...rest } = state
  return sort ? { ...rest, sort } : rest
}
