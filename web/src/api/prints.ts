import { queryOptions } from '@tanstack/react-query'
import type { Titled } from '@/lib/texts'
import type { Column } from './reports'
import { request } from './request'
import type { Values, Wire } from './wire'

/** The paper of a print. perPage documents stand below each other on one page. */
export interface PaperSize {
  size: 'A3' | 'A4' | 'A5'
  landscape?: boolean
  perPage: number
}

/** A print to choose. */
export interface PrintInfo extends Titled {
  name: string
  title: string
  page: PaperSize
}

/** What is described by a column and stands alone: its title is in the reader's language. */
export interface PrintItem extends Column {
  span?: number
  value?: Wire
}

/** A column of a table. Width is in millimetres; a blank one is written in by hand. */
export interface PrintColumn extends Column {
  width?: number
  align?: 'left' | 'center' | 'right'
  blank?: boolean
}

/** A month: days with their weekdays (1 = Monday), and for each row one line per number. */
export interface PrintMatrix {
  days: number[]
  weekdays: number[]
  lines: PrintItem[]
  rows: { lead: (Wire | null)[]; cells: (Wire | null)[][]; totals: (Wire | null)[] }[]
}

/** A place to sign. */
export interface SignBox {
  name: string
  title: string
  value?: PrintItem
  signs?: { name: string; at: string; file?: string }[]
}

/** A block with its values; its type says which members count. */
export interface PrintBlock {
  name: string
  type: 'title' | 'text' | 'fields' | 'table' | 'matrix' | 'signs' | 'qr' | 'photos' | 'trail'
  title?: string
  text?: string
  align?: 'left' | 'center' | 'right'
  across?: number
  items?: PrintItem[]
  columns?: PrintColumn[]
  rows?: (Wire | null)[][]
  totals?: (Wire | null)[]
  minRows?: number
  matrix?: PrintMatrix
  boxes?: SignBox[]
  photos?: string[]
  steps?: TrailStep[]
}

/** One thing somebody did in an approval; type is that of the event, "auto" or "open". */
export interface TrailStep {
  type: string
  title?: string
  round?: number
  actor: { id: string; name: string }
  for?: { id: string; name: string }
  department?: string
  at: string
  /** Seconds from the arrival of the task to its decision. */
  took?: number
  to?: string
  users?: { id: string; name: string }[]
  auto?: string
  comment?: string
  sign?: string
  /** Names of what was attached to the comment. */
  files?: string[]
}

/** One record, one row of it, or one dataset. */
export interface PrintDocument {
  entity?: string
  record?: string
  state?: string
  /** How often it was printed, this time included unless it is a preview. */
  printed: number
  blocks: PrintBlock[]
  refs?: Record<string, string>
}

/** What goes on paper. A preview may only be looked at. */
export interface Sheet {
  name: string
  title: string
  page: PaperSize
  preview: boolean
  at: string
  by: string
  zone: string
  documents: PrintDocument[]
}

/** What is printed: records, or a dataset with its params. */
export type Printed = { entity: string; records: string[] } | { dataset: string; params: Values }

/** Makes a sheet. A final one is counted. */
export function makeSheet(of: Printed, print: string, final: boolean): Promise<Sheet> {
  if ('entity' in of) {
    return request(`/entities/${of.entity}/prints/${print}`, {
      method: 'POST',
      body: { records: of.records, final },
    })
  }
  return request(`/datasets/${of.dataset}/prints/${print}`, {
    method: 'POST',
    body: { params: of.params, final },
  })
}

export const printQueries = {
  preview: (of: Printed, print: string, lang: string) =>
    queryOptions({
      queryKey: ['prints', 'preview', of, print, lang],
      queryFn: () => makeSheet(of, print, false),
      staleTime: 0,
      gcTime: 0,
    }),
  ofDataset: (dataset: string) =>
    queryOptions({
      queryKey: ['prints', 'dataset', dataset],
      queryFn: () => request<PrintInfo[]>(`/datasets/${dataset}/prints`),
      staleTime: 60_000,
    }),
}
