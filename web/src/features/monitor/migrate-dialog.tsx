import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Select } from 'antd'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  type FlowLoad,
  type MigrationPreview,
  migrate,
  monitorQueries,
  type RefusedRun,
} from '@/api/monitor'
import { Attempt } from '@/api/request'
import { explain, problemText } from '@/lib/problems/explain'
import { Ask } from '@/ui/ask'
import { Waiting } from '@/ui/boundary'
import { Labelled } from '@/ui/labelled'
import { ReasonDialog } from './reason-dialog'

interface MigrateDialogProps {
  flow: FlowLoad
  onClose: () => void
}

/** Moves running runs to the published version: what would become of each is shown before anything is changed, what became of them after. */
export function MigrateDialog({ flow, onClose }: MigrateDialogProps) {
  const [started, setStarted] = useState<string | undefined>()
  return started ? (
    <Moving flow={flow} id={started} onClose={onClose} />
  ) : (
    <Plan flow={flow} onStarted={setStarted} onClose={onClose} />
  )
}

function Plan({
  flow,
  onStarted,
  onClose,
}: MigrateDialogProps & { onStarted: (id: string) => void }) {
  const { t } = useTranslation()
  const [map, setMap] = useState<Record<string, string>>({})
  const [attempt] = useState(() => new Attempt())
  const preview = useQuery(monitorQueries.migration(flow.flow, map))
  const running = useMutation({
    mutationFn: (comment: string) => {
      const body = { map, comment }
      return migrate(flow.flow, body, attempt.keyFor(body))
    },
    onSuccess: ({ id }) => onStarted(id),
  })
  return (
    <ReasonDialog
      title={t('monitor.migrateOf', { flow: flow.title })}
      ok={t('monitor.migrateRun', { count: preview.data?.ready ?? 0 })}
      disabled={(preview.data?.ready ?? 0) === 0}
      required
      busy={running.isPending}
      error={running.error}
      onOk={(reason) => running.mutate(reason)}
      onCancel={onClose}
    >
      <p className="fw-quiet">{t('monitor.migrateHelp')}</p>
      {preview.isPending && <Waiting />}
      {preview.error && <Alert type="error" showIcon title={explain(preview.error)} />}
      {preview.data && (
        <Preview
          preview={preview.data}
          map={map}
          onMap={(node, to) => setMap((old) => ({ ...old, [node]: to }))}
        />
      )}
    </ReasonDialog>
  )
}

/** A migration under way: it goes on without this dialog. */
function Moving({ flow, id, onClose }: MigrateDialogProps & { id: string }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const { data: migration, error } = useQuery(monitorQueries.started(flow.flow, id))
  const done = migration?.status === 'done'
  useEffect(() => {
    if (done) void client.invalidateQueries({ queryKey: ['tasks'] })
  }, [client, done])
  return (
    <Ask
      title={t('monitor.migrateOf', { flow: flow.title })}
      ok={t('monitor.close')}
      busy={false}
      onOk={onClose}
      onCancel={onClose}
    >
      {error && <Alert type="error" showIcon role="alert" title={explain(error)} />}
      <div aria-live="polite">
        <Alert
          type={!done ? 'info' : migration.count > 0 ? 'warning' : 'success'}
          showIcon
          title={
            done
              ? t('monitor.migrated', { done: migration.done, refused: migration.count })
              : t('monitor.migrating')
          }
        />
      </div>
      {done && <RefusedRuns runs={migration.refused} />}
    </Ask>
  )
}

function RefusedRuns({ runs }: { runs: readonly RefusedRun[] }) {
  const { t } = useTranslation()
  return (
    <ul className="fw-refused">
      {runs.map((run) => (
        <li key={`${run.entity}/${run.record}`}>
          {run.subject || t('monitor.unseen')}
          <div className="fw-quiet">{problemText(run)}</div>
        </li>
      ))}
    </ul>
  )
}

interface PreviewProps {
  preview: MigrationPreview
  map: Record<string, string>
  onMap: (node: string, to: string) => void
}

function Preview({ preview, map, onMap }: PreviewProps) {
  const { t } = useTranslation()
  return (
    <>
      <p>
        {t('monitor.migrateCounts', {
          ready: preview.ready,
          present: preview.present,
          refused: preview.count,
        })}
      </p>
      {preview.nodes
        .filter((node) => node.to === '' || map[node.node] !== undefined)
        .map((node) => (
          <Labelled
            key={node.node}
            id={`migrate-${node.node}`}
            label={t('monitor.mapNode', { node: node.title, count: node.runs })}
          >
            <Select
              id={`migrate-${node.node}`}
              style={{ width: '100%' }}
              value={map[node.node] ?? null}
              options={preview.targets.map(({ name, title }) => ({ value: name, label: title }))}
              onChange={(to) => onMap(node.node, to ?? '')}
            />
          </Labelled>
        ))}
      <RefusedRuns runs={preview.refused} />
    </>
  )
}
