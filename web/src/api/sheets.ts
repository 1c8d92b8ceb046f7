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

export function listImports(entity: string): Promise<ImportInfo[]> {
  return request(`${of(entity)}/imports`)
}

/** Imports a workbook; dry, it only tells what would become of it. */
export function importWorkbook(
  entity: string,
  order: ImportOrder,
  dryRun: boolean,
): Promise<ImportReport> {
  const form = new FormData()
  form.set('file', order.file)
  form.set('import', order.importName)
  form.set('mode', order.mode)
  form.set('reason', order.reason)
  form.set('given', JSON.stringify(order.given))
  if (order.all) form.set('all', 'true')
  if (dryRun) form.set('dryRun', 'true')
  return upload(`${of(entity)}/import`, form)
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
