import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { ImportRun } from '@/api/sheets'
import { moment } from '@/lib/time'

interface ImportHistoryProps {
  runs: ImportRun[]
  onOpen: (id: string) => void
}

/** How many earlier imports are listed. */
const listed = 5

/** The imports that were stored, the newest first; each opens to its report. */
export function ImportHistory({ runs, onOpen }: ImportHistoryProps) {
  const { t } = useTranslation()
  if (runs.length === 0) return null
  return (
    <section aria-labelledby="import-history" style={{ marginTop: 16 }}>
      <h3 id="import-history" style={{ fontSize: 14, margin: 0 }}>
        {t('sheets.earlier')}
      </h3>
      <ul style={{ listStyle: 'none', margin: 0, padding: 0 }}>
        {runs.slice(0, listed).map((run) => (
          <li key={run.id} className="fw-import-run">
            <span>
              <Button
                type="link"
                size="small"
                style={{ paddingInline: 0, whiteSpace: 'normal', height: 'auto' }}
                onClick={() => onOpen(run.id)}
              >
                {run.fileName}
              </Button>
            </span>
            <span className="fw-quiet">{moment(run.createdAt)}</span>
            <span className="fw-quiet">
              {t(`sheets.status_${run.status}`)}
              {' · '}
              {t('sheets.runCounts', { created: run.created, updated: run.updated, bad: run.bad })}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
