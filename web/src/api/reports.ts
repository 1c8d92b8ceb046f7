import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { Titled } from '@/lib/texts'
import type { Field } from './bundle'
import type { FieldType, Option, Widget } from './definitions.gen'
import type { Filter } from './records'
import { ApiError, download, type ProblemBody, request } from './request'
import type { Values, Wire } from './wire'

/** A column of a dataset's table, as a field that may have options or refer to records. */
export interface Column extends Titled {
  name: string
  title: string
  'x-type': FieldType
  'x-scale': number
  'x-fixed': boolean
  'x-unit'?: string
  /** What a reference leads to. */
  entity?: string
  oneOf?: Option[]
  /** The rows are grouped by it. */
  key?: boolean
  /** It has a sum in the foot. */
  total?: boolean
}

/** Wire values by column; with drill, _key holds what the row is grouped by. */
export type ReportRow = { [column: string]: Wire } & { _key?: Values }

/** The table of a dataset. */
export interface Report {
  columns: Column[]
  rows: ReportRow[]
  /** Of all rows, those beyond the limit too. */
  count: number
  totals?: Values
  /** "entity/id" → display text. */
  refs?: Record<string, string>
  /** In force, defaults filled in. */
  params?: Values
  asOf: string
  /** Fields that some records hide from the reader; those records do not count. */
  narrowed?: string[]
  /** Columns that could not be computed in some rows. */
  failed?: { column: string; code: string; rows: number }[]
}

export type Params = Record<string, Field>

/** What a dataset asks for and shows. */
export interface DatasetInfo extends Titled {
  name: string
  title: string
  description?: string
  params?: Params
  columns: Column[]
  /** Entity of the records behind a row. */
  drill?: string
  /** The reader may take the table with him. */
  export?: boolean
}

/** A dashboard with the widgets the reader may see. */
export interface Board extends Titled {
  name: string
  title: string
  description?: string
  params?: Params
  widgets: Widget[]
}

/** The table of a widget, or why it has none. */
export type WidgetRun = Report | { failure: ProblemBody }

export interface BoardRun {
  params?: Values
  widgets: Record<string, WidgetRun>
}

/** The records behind a row: a filter for the list of an entity. */
export interface Drilled {
  entity: string
  filter: Filter
}

/** The table of a widget; throws what kept it from being made, as a request for it alone would. */
export function reportOf(run: WidgetRun): Report {
  if ('failure' in run) throw new ApiError(422, run.failure)
  return run
}

/** The most rows a request gets. */
export const maxRows = 10_000

const fresh = 60_000

export const reportQueries = {
  dataset: (name: string) =>
    queryOptions({
      queryKey: ['reports', 'dataset', name],
      queryFn: () => request<DatasetInfo>(`/datasets/${name}`),
      staleTime: fresh,
    }),
  table: (name: string, params: Values) =>
    queryOptions({
      queryKey: ['reports', 'dataset', name, 'run', params],
      queryFn: ({ signal }) =>
        request<Report>(`/datasets/${name}/run`, {
          method: 'POST',
          body: { params, limit: maxRows },
          signal,
        }),
      placeholderData: keepPreviousData,
    }),
  board: (name: string) =>
    queryOptions({
      queryKey: ['reports', 'dashboard', name],
      queryFn: () => request<Board>(`/dashboards/${name}`),
      staleTime: fresh,
    }),
  boardRun: (name: string, params: Values) =>
    queryOptions({
      queryKey: ['reports', 'dashboard', name, 'run', params],
      queryFn: ({ signal }) =>
        request<BoardRun>(`/dashboards/${name}/run`, { method: 'POST', body: { params }, signal }),
      placeholderData: keepPreviousData,
    }),
}

/** Which records stand behind a row. */
export function drill(dataset: string, key: Values, params: Values): Promise<Drilled> {
  return request(`/datasets/${dataset}/drill`, { method: 'POST', body: { key, params } })
}

/** A dataset as a workbook, all its rows. */
export function exportDataset(name: string, params: Values): Promise<Blob> {
  return download(`/datasets/${encodeURIComponent(name)}/export`, { params })
}
