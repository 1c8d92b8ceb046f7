import {
  useMutation,
  useQuery,
  useQueryClient,
  useSuspenseInfiniteQuery,
} from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  type AutomationRun,
  automationQueries,
  type FlowEffect,
  retryEffect,
} from '@/api/automations'
import type { FlowDetail } from '@/api/flows'
import { recordQueries, type Timeline } from '@/api/records'
import { effectError, effectText } from '@/lib/effects'
import { translateIfKnown } from '@/lib/i18n'
import { titleOf } from '@/lib/texts'
import { moment } from '@/lib/time'
import { Waiting } from '@/ui/boundary'
import { Chip, type Tone } from '@/ui/chip'
import { Failed } from '@/ui/failed'
import { Nothing } from '@/ui/nothing'
import { useFailureMessage } from '@/ui/use-failure-message'
import { placesOf } from './model'

/** The entity of runs that are no part of the record they are about. */
const runs = 'flow_run'

/** How often a run that has still something to deliver is looked at, in milliseconds. */
const pollEvery = 3_000

const tones: Record<string, Tone> = { approved: 'good', running: 'info', suspended: 'odd' }

/** The runs of an automation, newest first; each opens to what it delivered, how often it tried, and what it still has to. */
export function RunsPanel({ flow }: { flow: FlowDetail }) {
  const { t } = useTranslation()
  const list = useSuspenseInfiniteQuery(automationQueries.runs(flow.name))
  const found = list.data.pages.flatMap((page) => page.runs)
  if (found.length === 0) return <Nothing text={t('flows.noRuns')} />
  return (
    <section className="fw-card">
      <ol className="fw-findings-list" aria-label={t('flows.tabs.runs')}>
        {found.map((run) => (
          <li key={run.id} className="fw-finding">
            <Run flow={flow} run={run} />
          </li>
        ))}
      </ol>
      {list.hasNextPage && (
        <Button block loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('common.more')}
        </Button>
      )}
    </section>
  )
}

function Run({ flow, run }: { flow: FlowDetail; run: AutomationRun }) {
  const { t } = useTranslation()
  const [open, setOpen] = useState(false)
  return (
    <>
      <span>
        <time dateTime={run.startedAt}>{moment(run.startedAt)}</time>{' '}
        <Chip tone={run.incident ? 'bad' : (tones[run.status] ?? 'quiet')}>
          {translateIfKnown(`automation.status.${run.status}`) ?? run.status}
        </Chip>{' '}
        {translateIfKnown(`automation.trigger.${run.trigger}`) ?? run.trigger}
      </span>
      {run.entity && run.record && (
        <Link to="/e/$entity/r/$id" params={{ entity: run.entity, id: run.record }}>
          {t('flows.runAbout')}
        </Link>
      )}
      {run.incident && <span>{effectError(run.incident)}</span>}
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t('flows.runDetails')}</summary>
        {open && <Deliveries flow={flow} run={run.id} />}
      </details>
    </>
  )
}

function underway(line: Timeline | undefined): boolean {
  return line?.flow?.effects?.some((effect) => !effect.dead) ?? false
}

/** What an effect of a flow does, with the titles of its step and of what it writes. */
function namedEffect(flow: FlowDetail, effect: FlowEffect): string {
  const place = placesOf(flow.definition).find(({ node }) => node.name === effect.node)
  const to = flow.doings[effect.node ?? '']?.entity ?? effect.to
  const text = effectText({ ...effect, ...(to === undefined ? {} : { to }) })
  return place ? `${titleOf(place.node)} · ${text}` : text
}

function Deliveries({ flow, run }: { flow: FlowDetail; run: string }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const fail = useFailureMessage()
  const query = recordQueries.timeline(runs, run)
  const { data, error, isPending, refetch } = useQuery({
    ...query,
    refetchInterval: ({ state }) => (underway(state.data) ? pollEvery : false),
  })
  const retrying = useMutation({
    mutationFn: (n: number) => retryEffect(runs, run, n),
    onSuccess: () => client.invalidateQueries({ queryKey: query.queryKey }),
    onError: fail,
  })
  if (error) return <Failed error={error} onRetry={() => void refetch()} />
  if (isPending) return <Waiting />
  const sent = data.entries.flatMap(({ at, seq, sent = [] }) =>
    sent.map((effect) => ({ at, effect, key: `${seq}/${effect.n}` })),
  )
  const open = (data.flow?.effects ?? []).filter((effect) => effect.error)
  return (
    <ul className="fw-reasons" aria-live="polite">
      {sent.length === 0 && open.length === 0 && <li>{t('flows.nothingSent')}</li>}
      {sent.map(({ at, effect, key }) => (
        <li key={key}>
          {moment(at)} {namedEffect(flow, effect)}{' '}
          {effect.error ? (
            <Chip tone="bad">{effectError(effect.error)}</Chip>
          ) : (
            <Chip tone="good">{t('flows.delivered')}</Chip>
          )}{' '}
          {(effect.attempts ?? 0) > 1 && t('flows.attempt', { number: effect.attempts })}
        </li>
      ))}
      {open.map((effect) => (
        <li key={`open/${effect.n}`}>
          {namedEffect(flow, effect)}
          {t('form.colon')}
          {effect.dead || !effect.next
            ? t('automation.givenUp', { count: effect.attempts ?? 0 })
            : t('automation.again', { time: moment(effect.next) })}{' '}
          {data.flow?.verbs.includes('retry_effect') && (
            <Button
              size="small"
              loading={retrying.isPending && retrying.variables === effect.n}
              onClick={() => retrying.mutate(effect.n)}
            >
              {t('automation.retry')}
            </Button>
          )}
        </li>
      ))}
    </ul>
  )
}
