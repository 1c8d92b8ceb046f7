import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type FlowLoad, type MigrationPreview, migrate, monitorQueries } from '@/api/monitor'
import { Attempt } from '@/api/request'
import { explain, problemText } from '@/lib/problems/explain'
import { Waiting } from '@/ui/boundary'
import { Labelled } from '@/ui/labelled'
import { ReasonDialog } from './reason-dialog'

/** Moves running runs to the published version: what would become of each is shown before anything is changed. */
export function MigrateDialog({ flow, onClose }: { flow: FlowLoad; onClose: () => void }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const client = useQueryClient()
  const [map, setMap] = useState<Record<string, string>>({})
  const [attempt] = useState(() => new Attempt())
  const preview = useQuery(monitorQueries.migration(flow.flow, map))
  const running = useMutation({
    mutationFn: (comment: string) => {
      const body = { map, comment }
      return migrate(flow.flow, body, attempt.keyFor(body))
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['tasks'] })
      void message.success(t('monitor.migrating'))
      onClose()
    },
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
      {preview.refused.map((item) => (
        <div key={`${item.entity}/${item.record}`}>
          {item.subject}
          <div className="fw-quiet">{problemText(item)}</div>
        </div>
      ))}
    </>
  )
}
