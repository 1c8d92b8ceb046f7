import { Alert } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Report } from '@/api/reports'
import { grouped } from '@/lib/decimal'
import { titleOf } from '@/lib/texts'

/** What the reader must know about a table: what did not count, could not be computed or is not shown. */
export function Notes({ report }: { report: Report }) {
  const { t } = useTranslation()
  const failed = (report.failed ?? []).map(({ column, rows }) => {
    const shown = report.columns.find((each) => each.name === column)
    return t('report.failed', { count: rows, column: shown ? titleOf(shown) : column })
  })
  const texts = [
    ...(report.narrowed?.length ? [t('report.narrowed')] : []),
    ...failed,
    ...(report.count > report.rows.length
      ? [
          t('report.cut', {
            shown: grouped(String(report.rows.length)),
            all: grouped(String(report.count)),
          }),
        ]
      : []),
  ]
  return texts.map((text) => (
    <Alert key={text} type="info" showIcon title={text} className="fw-note" />
  ))
}
