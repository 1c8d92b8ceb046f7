import i18next from 'i18next'
import type { Bundle } from '@/api/bundle'
import type { ImportReport, SheetNote, SheetProblem } from '@/api/sheets'
import { textOfProblem } from '@/form/labels'
import { similarOf } from '@/form/similar'

/** What is wrong with a line, as a sentence: a rule of the entity has its own message. */
export function problemSentence(bundle: Bundle, problem: SheetProblem): string {
  const key = problem.params?.['key']
  if (problem.code === 'reference' && typeof key === 'string')
    return i18next.t('sheets.unknownReference', { key })
  const { named } = similarOf(problem)
  const text = textOfProblem(bundle, problem)
  if (named.length === 0) return text
  const names = named.map((one) => one.text).join(i18next.t('form.comma'))
  return [text, names].join(i18next.t('form.colon'))
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
  return report.problems.some((problem) => problem.params?.['needsReason'] === true)
}
