import type { Column, ReportRow } from '@/api/reports'
import { titleOf } from '@/lib/texts'
import { figure, isNumber, type Look } from './figures'

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** A text that a spreadsheet would take for a formula is kept a text by an apostrophe. */
function harmless(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
}

function cellOf(column: Column, row: ReportRow, look: Look): string {
  const value = row[column.name]
  if (value === undefined || value === null) return ''
  if (isNumber(column)) return String(value)
  return cell(harmless(figure(column, value, look)))
}

/** A table as CSV for spreadsheets: UTF-8 with a mark, numbers exact and in their own unit, whatever the page shows. */
export function csvOf(columns: readonly Column[], rows: readonly ReportRow[], look: Look): string {
  const head = columns.map((column) => cell(harmless(titleOf(column)))).join(',')
  const lines = rows.map((row) => columns.map((column) => cellOf(column, row, look)).join(','))
  return `\uFEFF${[head, ...lines].join('\r\n')}\r\n`
}

/** Lets the browser save a text as a file. */
export function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
