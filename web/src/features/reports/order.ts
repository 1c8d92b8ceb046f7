import type { Column, Report, ReportRow } from '@/api/reports'
import { compare } from '@/lib/decimal'
import { currentLanguage } from '@/lib/i18n'
import { figure, isNumber, type Look } from './figures'

/** Compares two rows by a column: numbers by value, options in their order, everything else as it reads. */
export function byColumn(column: Column, refs: Report['refs']) {
  const look: Look = { unit: 'yuan', refs }
  const collator = new Intl.Collator(currentLanguage(), { numeric: true })
  const options = column.oneOf?.map((option) => option.const)
  return (a: ReportRow, b: ReportRow): number => {
    const [left, right] = [a[column.name], b[column.name]]
    if (left === undefined || right === undefined) {
      return Number(right === undefined) - Number(left === undefined)
    }
    if (isNumber(column)) return compare(String(left), String(right)) ?? 0
    if (options) return options.indexOf(String(left)) - options.indexOf(String(right))
    return collator.compare(figure(column, left, look), figure(column, right, look))
  }
}
