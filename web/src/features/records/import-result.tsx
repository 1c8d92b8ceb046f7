import { useMutation } from '@tanstack/react-query'
import { Alert, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Bundle } from '@/api/bundle'
import { type ImportReport, markedWorkbook, save } from '@/api/sheets'
import { useFailureMessage } from '@/ui/use-failure-message'
import { columnOf, notesOf, placeOf, problemSentence } from './import-notes'

interface ImportResultProps {
  bundle: Bundle
  report: ImportReport
  /** The workbook, if the reader has it chosen … */
  file?: File | undefined
  /** … or how to fetch it. */
  workbook?: () => Promise<File>
}

/** How many problems are listed; the marked workbook has all the report names. */
const listed = 50

/** What became of the workbook, or would become of it. */
export function ImportResult({ bundle, report, file, workbook }: ImportResultProps) {
  const { t } = useTranslation()
  const failed = useFailureMessage()
  const marking = useMutation({
    mutationFn: async (fetchFile: () => Promise<File>) => {
      const of = await fetchFile()
      const notes = notesOf(bundle, report)
      const marked = await markedWorkbook(bundle.entity.name, of, t('sheets.notes'), notes)
      save(marked, `${of.name.replace(/\.xlsx$/i, '')}-${t('sheets.notes')}.xlsx`)
    },
    onError: failed,
  })
  const source = workbook ?? (file && (async () => file))
  const bad = report.records - report.ok
  const { rows, records, ok, created, updated, same } = report
  const title = report.stored
    ? t('sheets.storedCounts', { created, updated, same, bad })
    : t('sheets.lookCounts', { rows, records, ok, bad })
  return (
    <div style={{ marginTop: 16 }} aria-live="polite">
      <Alert showIcon type={bad > 0 ? 'warning' : 'success'} title={title} />
      {report.ignored && report.ignored.length > 0 && (
        <p className="fw-quiet">
          {t('sheets.ignored', { labels: report.ignored.map((one) => one.label).join('、') })}
        </p>
      )}
      {report.problems.length > 0 && (
        <>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it by keys */}
          <ul className="fw-import-problems" tabIndex={0} aria-label={t('sheets.notes')}>
            {report.problems.slice(0, listed).map((problem, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: one cell may have several problems of one code; the list never changes
              <li key={`${placeOf(problem)} ${problem.code} ${i}`}>
                <strong>
                  {placeOf(problem)} {columnOf(bundle, report, problem)}
                </strong>{' '}
                {problemSentence(bundle, problem)}
              </li>
            ))}
          </ul>
          <MoreProblems listed={report.problems.length} more={report.more} />
          {source && (
            <Button loading={marking.isPending} onClick={() => marking.mutate(source)}>
              {t('sheets.marked')}
            </Button>
          )}
        </>
      )}
    </div>
  )
}

/** How many problems are not listed, and where they are found. Of very many the report names the first ones only. */
function MoreProblems({ listed: named, more }: { listed: number; more: number }) {
  const { t } = useTranslation()
  const rest = named + more - listed
  if (rest <= 0) return null
  return (
    <p className="fw-quiet">
      {more > 0
        ? t('sheets.tooManyProblems', { n: rest, marked: named })
        : t('sheets.moreProblems', { n: rest })}
    </p>
  )
}
