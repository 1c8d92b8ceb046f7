import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Select } from 'antd'
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
import { Subject } from './subject'

interface MigrateDialogProps {
  flow: FlowLoad
  onClose: () => void
}

/** Moves running runs to the published version: what would become of each is shown before anything is changed, what became of them after. */
export function MigrateDialog({ flow, onClose }: MigrateDialogProps) {
  const [started, setStarted] = useState<Started | undefined>()
  return started ? (
    <Moving flow={flow} started={started} onClose={onClose} />
  ) : (
    <Plan flow={flow} onStarted={setStarted} onClose={onClose} />
  )
}

/** A migration that was started, and what its nodes are called. */
interface Started {
  id: string
  titles: ReadonlyMap<string, string>
}

function titlesOf(preview: MigrationPreview | undefined): ReadonlyMap<string, string> {
  return new Map((preview?.nodes ?? []).map(({ node, title }) => [node, title]))
}

function Plan({
  flow,
  onStarted,
  onClose,
}: MigrateDialogProps & { onStarted: (started: Started) => void }) {
  const { t } = useTranslation()
  const [map, setMap] = useState<Record<string, string>>({})
  const [attempt] = useState(() => new Attempt())
  // What was shown stays while another choice is looked at: the list would lose the one who chooses.
  const preview = useQuery({
    ...monitorQueries.migration(flow.flow, map),
    placeholderData: keepPreviousData,
  })
  const ready = preview.data?.ready ?? 0
  const idle = preview.data !== undefined && ready === 0
  const running = useMutation({
    mutationFn: (comment: string) => {
      const body = { map, comment }
      return migrate(flow.flow, body, attempt.keyFor(body))
    },
    onSuccess: ({ id }) => onStarted({ id, titles: titlesOf(preview.data) }),
  })
  return (
    <ReasonDialog
      title={t('monitor.migrateOf', { flow: flow.title })}
      ok={idle ? t('monitor.close') : t('monitor.migrateRun', { count: ready })}
      disabled={preview.isPending || preview.isPlaceholderData}
      required={idle ? 'none' : true}
      busy={running.isPending}
      error={running.error}
      onOk={(reason) => (idle ? onClose() : running.mutate(reason))}
      onCancel={onClose}
    >
      <p className="fw-quiet">{t('monitor.migrateHelp')}</p>
      {preview.isPending && <Waiting />}
      {preview.error && <Alert type="error" showIcon title={explain(preview.error)} />}
      {preview.data && (
        <Preview
          preview={preview.data}
          map={map}
          onMap={(node, to) => setMap((old) => withPlace(old, node, to))}
        />
      )}
    </ReasonDialog>
  )
}

/** A map of nodes with one more place, or without it. */
function withPlace(map: Record<string, string>, node: string, to: string): Record<string, string> {
  const { [node]: _, ...others } = map
  return to === '' ? others : { ...others, [node]: to }
}

/** A migration under way: it goes on without this dialog. */
function Moving({ flow, started, onClose }: MigrateDialogProps & { started: Started }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const { data: migration, error } = useQuery(monitorQueries.started(flow.flow, started.id))
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
      {done && <RefusedRuns runs={migration.refused} titles={started.titles} />}
    </Ask>
  )
}

/** How many runs of one reason are shown before somebody asks for all. */
const shownRuns = 5

/** The runs that cannot be moved, those with one reason together, each with the way to it. */
function RefusedRuns({
  runs,
  titles,
}: {
  runs: readonly RefusedRun[]
  /** Of nodes, by name. */
  titles: ReadonlyMap<string, string>
}) {
  const byReason = new Map<string, RefusedRun[]>()
  for (const run of runs) {
    const node = run.params?.['node']
    const place = typeof node === 'string' ? (titles.get(node) ?? node) : ''
    const reason = [place && `“${place}”`, problemText(run)].filter(Boolean).join(' ')
    byReason.set(reason, [...(byReason.get(reason) ?? []), run])
  }
  return (
    <ul className="fw-refused">
      {[...byReason].map(([reason, refused]) => (
        <RefusedFor key={reason} reason={reason} runs={refused} />
      ))}
    </ul>
  )
}

function RefusedFor({ reason, runs }: { reason: string; runs: readonly RefusedRun[] }) {
  const { t } = useTranslation()
  const [all, setAll] = useState(false)
  const seen = runs.filter(({ subject }) => subject !== '')
  const shown = all ? seen : seen.slice(0, shownRuns)
  return (
    <li>
      <strong>{t('monitor.refusedFor', { count: runs.length })}</strong> {reason}
      <ul>
        {shown.map((run) => (
          <li key={`${run.entity}/${run.record}`}>
            <Subject of={run} />
          </li>
        ))}
        {seen.length < runs.length && (
          <li>{t('monitor.unseenRuns', { count: runs.length - seen.length })}</li>
        )}
      </ul>
      {shown.length < seen.length && (
        <Button type="link" size="small" onClick={() => setAll(true)}>
          {t('monitor.moreRefused', { count: seen.length - shown.length })}
        </Button>
      )}
    </li>
  )
}

interface PreviewProps {
  preview: MigrationPreview
  map: Record<string, string>
  onMap: (node: string, to: string) => void
}

function Preview({ preview, map, onMap }: PreviewProps) {
  const { t } = useTranslation()
  const { ready, present, count } = preview
  const stuck = new Set(preview.refused.map(({ params }) => params?.['node']))
  const placed = (node: MigrationPreview['nodes'][number]) =>
    node.to !== '' && map[node.node] === undefined && !stuck.has(node.node)
  const target = (name: string) => preview.targets.find((each) => each.name === name)?.title ?? name
  if (ready === 0 && count === 0) {
    return (
      <Alert
        type="success"
        showIcon
        title={present > 0 ? t('monitor.allPresent', { count: present }) : t('monitor.noRuns')}
      />
    )
  }
  return (
    <>
      <p>{t('monitor.migrateCounts', { ready, present, refused: count })}</p>
      {preview.more && <Alert type="info" showIcon title={t('monitor.onlyFirst')} />}
      {preview.nodes.filter(placed).length > 0 && (
        <ul className="fw-migrate-nodes">
          {preview.nodes.filter(placed).map((node) => (
            <li key={node.node}>
              {node.title} → {target(node.to)} ({node.runs})
            </li>
          ))}
        </ul>
      )}
      {preview.nodes
        .filter((node) => !placed(node))
        .map((node) => (
          <Labelled
            key={node.node}
            id={`migrate-${node.node}`}
            label={t('monitor.mapNode', { node: node.title, count: node.runs })}
          >
            <Select
              id={`migrate-${node.node}`}
              style={{ width: '100%' }}
              allowClear
              value={map[node.node] ?? null}
              placeholder={t('monitor.chooseNode')}
              options={preview.targets.map(({ name, title }) => ({ value: name, label: title }))}
              onChange={(to: string | null | undefined) => onMap(node.node, to ?? '')}
            />
          </Labelled>
        ))}
      {ready === 0 && <Alert type="warning" showIcon title={t('monitor.noneReady')} />}
      <RefusedRuns runs={preview.refused} titles={titlesOf(preview)} />
      {count > preview.refused.length && (
        <p className="fw-quiet">
          {t('monitor.refusedListed', { count: preview.refused.length, all: count })}
        </p>
      )}
    </>
  )
}
