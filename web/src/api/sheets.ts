import { queryOptions } from '@tanstack/react-query'
import type { Filter } from './records'
import { download, queryString, request, upload } from './request'
import type { Problem } from './wire'

/** An import the reader may choose for an entity. */
export interface ImportInfo {
  name: string
  title: string
  /** A column for each day of a month; what stands above such a table may be given instead. */
  matrix: boolean
  asked: { field: string; label: string }[]
}

/** One thing wrong with a workbook: row from 1, column A, B, …; without a column the whole line. */
export interface SheetProblem extends Problem {
  row: number
  column?: string
}

/** What became of an import, or would become of it. */
export interface ImportReport {
  sheet?: string
  rows: number
  records: number
  ok: number
  created: number
  updated: number
  same: number
  columns?: { column: string; label: string; field: string }[]
  ignored?: { column: string; label: string }[]
  problems: SheetProblem[]
  more: number
  stored: boolean
}

export type ImportMode = 'insert' | 'update' | 'upsert'

export interface ImportOrder {
  file: File
  /** Name of an import definition; without one the columns are the fields of the entity. */
  importName: string
  mode: ImportMode
  /** Store all records or none. */
  all: boolean
  reason: string
  given: Record<string, string>
}

/** A sentence about a line, for the marked workbook. */
export interface SheetNote {
  row: number
  column?: string
  text: string
}

const of = (entity: string) => `/entities/${encodeURIComponent(entity)}`

/** Tells what would become of a workbook. */
export function lookAtWorkbook(entity: string, order: ImportOrder): Promise<ImportReport> {
  const form = formOf(order)
  form.set('dryRun', 'true')
  return upload(`${of(entity)}/import`, form)
}

function formOf(order: ImportOrder): FormData {
  const form = new FormData()
  form.set('file', order.file)
  form.set('import', order.importName)
  form.set('mode', order.mode)
  form.set('reason', order.reason)
  form.set('given', JSON.stringify(order.given))
  if (order.all) form.set('all', 'true')
  return form
}

export type ImportStatus =
  | 'waiting'
  | 'running'
  | 'done'
  | 'failed'
  | 'cancelled'
  | 'undoing'
  | 'undone'

/** An import that stores: how far it is, and what became of it. */
export interface ImportRun {
  id: string
  status: ImportStatus
  /** While it runs: it is being checked, stored, or taken back. */
  phase?: 'check' | 'store' | 'take_back'
  order: { all?: boolean }
  fileName: string
  by: string
  rows: number
  records: number
  created: number
  updated: number
  same: number
  bad: number
  stop?: boolean
  report?: ImportReport
  /** Why it failed, or why it could not be undone. */
  code?: string
  params?: Record<string, unknown>
  createdAt: string
}

/** Whether the server is still at work on an import. */
export function isUnderway(run: ImportRun): boolean {
  return run.status === 'waiting' || run.status === 'running' || run.status === 'undoing'
}

/** Begins an import as a job; importQueries.run tells how far it is. */
export function startImport(entity: string, order: ImportOrder): Promise<ImportRun> {
  return upload(`${of(entity)}/import-runs`, formOf(order))
}

export function cancelImport(entity: string, run: string): Promise<ImportRun> {
  return request(`${of(entity)}/import-runs/${run}/cancel`, { method: 'POST' })
}

/** Takes an import back, while nothing depends on it. */
export function undoImport(entity: string, run: string): Promise<ImportRun> {
  return request(`${of(entity)}/import-runs/${run}/undo`, { method: 'POST' })
}

/** The workbook of an import, as it was sent. */
export function importedWorkbook(entity: string, run: string): Promise<Blob> {
  return download(`${of(entity)}/import-runs/${run}/workbook`)
}

/** How often a running import is looked at, in milliseconds. */
const pollEvery = 700

export const importQueries = {
  choices: (entity: string) =>
    queryOptions({
      queryKey: ['imports', entity],
      queryFn: (): Promise<ImportInfo[]> => request(`${of(entity)}/imports`),
    }),
  runs: (entity: string) =>
    queryOptions({
      queryKey: ['import-runs', entity],
      queryFn: (): Promise<ImportRun[]> => request(`${of(entity)}/import-runs`),
    }),
  run: (entity: string, id: string) =>
    queryOptions({
      queryKey: ['import-runs', entity, id],
      queryFn: (): Promise<ImportRun> => request(`${of(entity)}/import-runs/${id}`),
      refetchInterval: ({ state }) =>
        state.data === undefined || isUnderway(state.data) ? pollEvery : false,
    }),
}

/** The workbook with the notes beside its lines and red cells. */
export function markedWorkbook(
  entity: string,
  file: File,
  title: string,
  notes: readonly SheetNote[],
): Promise<Blob> {
  const form = new FormData()
  form.set('file', file)
  form.set('title', title)
  form.set('notes', JSON.stringify(notes))
  return download(`${of(entity)}/import/marked`, form)
}

export function importTemplate(entity: string, importName: string): Promise<Blob> {
  return download(`${of(entity)}/import-template${queryString({ import: importName })}`)
}

export interface ExportOrder {
  view?: string
  filter?: Filter
  q?: string
  sort?: string
  /** A sub-table whose rows become a second sheet. */
  rows?: string
}

export function exportRecords(entity: string, order: ExportOrder): Promise<Blob> {
  const { filter, ...rest } = order
  return download(
    `${of(entity)}/export${queryString({ ...rest, filter: filter && JSON.stringify(filter) })}`,
  )
}

/** Gives a file to the browser to be saved. */
export function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser reads the address after the click; a minute is enough for it to begin.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
