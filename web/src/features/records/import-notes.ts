import i18next from 'i18next'
import type { Bundle } from '@/api/bundle'
import type { ImportReport, SheetNote, SheetProblem } from '@/api/sheets'
import { fieldAt, textOfProblem } from '@/form/labels'
import { similarOf } from '@/form/similar'
import { titleOf } from '@/lib/texts'

/** What is wrong with a line, as a sentence: a rule of the entity has its own message. */
export function problemSentence(bundle: Bundle, problem: SheetProblem): string {
  const key = problem.params?.['key']
  if (problem.code === 'reference' && typeof key === 'string')
    return i18next.t('sheets.unknownReference', { key })
  const { named } = similarOf(problem)
  const problemAlone = inOtherRow(bundle, problem, textOfProblem(bundle, problem))
  const text = asksForReason(problem)
    ? i18next.t('sheets.needsReason', { problem: problemAlone })
    : problemAlone
  if (named.length === 0) return text
  const names = named.map((one) => one.text).join(i18next.t('form.comma'))
  return [text, names].join(i18next.t('form.colon'))
}

/** A unique rule has words of its own; if it is another line that has the value, that line is named. */
function inOtherRow(bundle: Bundle, problem: SheetProblem, text: string): string {
  const { rule, params } = problem
  const unique = rule === 'natural' || (rule && bundle.entity['x-unique']?.[rule])
  if (!unique || typeof params?.['row'] !== 'number') return text
  return i18next.t('sheets.sameInRow', { problem: text, row: params['row'] })
}

/** The column a problem is in, as the workbook heads it; a problem of a whole line has none. */
export function columnOf(bundle: Bundle, report: ImportReport, problem: SheetProblem): string {
  if (!problem.column) return ''
  const taken = report.columns?.find((one) => one.column === problem.column)
  const field = fieldAt(bundle, problem.field)
  return taken?.label ?? (field ? titleOf(field) : '')
}

/** The notes for the marked workbook. */
export function notesOf(bundle: Bundle, report: ImportReport): SheetNote[] {
  return report.problems.map((problem) => ({
    row: problem.row,
    ...(problem.column ? { column: problem.column } : {}),
    text: problemSentence(bundle, problem),
  }))
}

/** Where a problem is, as spreadsheets say it: F12, or 12 for the whole line. */
export function placeOf(problem: SheetProblem): string {
  return `${problem.column ?? ''}${problem.row}`
}

/** Whether some record waits for a reason only: then giving one helps. */
export function wantsReason(report: ImportReport): boolean {
  return report.problems.some(asksForReason)
}

/** Whether a record with this problem is stored if somebody gives a reason. */
function asksForReason(problem: SheetProblem): boolean {
  return problem.params?.['needsReason'] === true
}
