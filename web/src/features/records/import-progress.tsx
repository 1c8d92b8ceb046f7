import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Popconfirm, Progress } from 'antd'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import type { Bundle } from '@/api/bundle'
import {
  cancelImport,
  type ImportRun,
  importedWorkbook,
  importQueries,
  isUnderway,
  save,
  undoImport,
} from '@/api/sheets'
import { explain, problemText } from '@/lib/problems/explain'
import { Waiting } from '@/ui/boundary'
import { Failed } from '@/ui/failed'
import { useFailureMessage } from '@/ui/use-failure-message'
import { partOf } from './import-part'
import { ImportResult } from './import-result'

interface ImportProgressProps {
  bundle: Bundle
  id: string
  onDone: () => void
  /** To the form for another import. */
  onBack: () => void
}

/** How far an import is and what became of it. It goes on without this page. */
export function ImportProgress({ bundle, id, onDone, onBack }: ImportProgressProps) {
  const client = useQueryClient()
  const entity = bundle.entity.name
  const { data: run, error, refetch } = useQuery(importQueries.run(entity, id))
  const over = run !== undefined && !isUnderway(run)
  useEffect(() => {
    if (!over) return
    void client.invalidateQueries({ queryKey: ['records', entity] })
    void client.invalidateQueries({ queryKey: importQueries.runs(entity).queryKey, exact: true })
  }, [client, entity, over])
  if (error) return <Failed error={error} onRetry={() => void refetch()} />
  if (!run) return <Waiting />
  return isUnderway(run) ? (
    <Underway entity={entity} run={run} onDone={onDone} />
  ) : (
    <Over bundle={bundle} run={run} onDone={onDone} onBack={onBack} />
  )
}

interface UnderwayProps {
  entity: string
  run: ImportRun
  onDone: () => void
}

function Underway({ entity, run, onDone }: UnderwayProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const failed = useFailureMessage()
  const cancelling = useMutation({
    mutationFn: () => cancelImport(entity, run.id),
    onSuccess: (next) => client.setQueryData(importQueries.run(entity, run.id).queryKey, next),
    onError: failed,
  })
  const doing = run.phase ?? (run.status === 'undoing' ? 'undoing' : 'waiting')
  const what = t(`sheets.doing_${doing}`, { done: run.records, bad: run.bad })
  return (
    <>
      <p style={{ overflowWrap: 'anywhere' }}>{run.fileName}</p>
      <Progress percent={partOf(run)} status="active" aria-label={what} />
      <p aria-live="polite">{run.stop ? t('sheets.stopping') : what}</p>
      <p className="fw-quiet">{t('sheets.goesOn')}</p>
      <div className="fw-import-footer">
        {run.status !== 'undoing' && (
          <Popconfirm
            title={t(run.order.all ? 'sheets.cancelAll' : 'sheets.cancelSome')}
            onConfirm={() => cancelling.mutate()}
          >
            <Button danger disabled={run.stop === true} loading={cancelling.isPending}>
              {t('sheets.cancelRun')}
            </Button>
          </Popconfirm>
        )}
        <Button onClick={onDone}>{t('sheets.inBackground')}</Button>
      </div>
    </>
  )
}

interface OverProps {
  bundle: Bundle
  run: ImportRun
  onDone: () => void
  onBack: () => void
}

const tones = { done: 'success', undone: 'info', cancelled: 'warning', failed: 'error' } as const

function Over({ bundle, run, onDone, onBack }: OverProps) {
  const { t } = useTranslation()
  const entity = bundle.entity.name
  const client = useQueryClient()
  const failed = useFailureMessage()
  const undoing = useMutation({
    mutationFn: () => undoImport(entity, run.id),
    onSuccess: (next) => client.setQueryData(importQueries.run(entity, run.id).queryKey, next),
    onError: failed,
  })
  const fetching = useMutation({
    mutationFn: () => importedWorkbook(entity, run.id),
    onSuccess: (blob) => save(blob, run.fileName),
    onError: failed,
  })
  const stored = run.created + run.updated > 0 && run.status !== 'undone'
  const tone = run.status in tones ? tones[run.status as keyof typeof tones] : 'info'
  const takenBack = run.report && !run.report.stored && run.status !== 'undone'
  return (
    <>
      <p style={{ overflowWrap: 'anywhere' }}>{run.fileName}</p>
      {run.status !== 'done' && (
        <Alert showIcon type={tone} title={t(`sheets.status_${run.status}`)} />
      )}
      {run.code && (
        <Alert
          showIcon
          type="error"
          role="alert"
          style={{ marginTop: 8 }}
          title={problemText(
            run.params ? { code: run.code, params: run.params } : { code: run.code },
          )}
        />
      )}
      {takenBack && <p>{t('sheets.nothingStored')}</p>}
      {run.report && (
        <ImportResult
          bundle={bundle}
          report={run.report}
          workbook={async () => new File([await importedWorkbook(entity, run.id)], run.fileName)}
        />
      )}
      {undoing.error && <Alert type="error" showIcon role="alert" title={explain(undoing.error)} />}
      <div className="fw-import-footer">
        <Button loading={fetching.isPending} onClick={() => fetching.mutate()}>
          {t('sheets.file')}
        </Button>
        {stored && (
          <Popconfirm
            title={t('sheets.undoSure', { created: run.created, updated: run.updated })}
            onConfirm={() => undoing.mutate()}
          >
            <Button loading={undoing.isPending}>{t('sheets.undo')}</Button>
          </Popconfirm>
        )}
        <Button onClick={onBack}>{t('sheets.another')}</Button>
        <Button type="primary" onClick={onDone}>
          {t('sheets.done')}
        </Button>
      </div>
    </>
  )
}
