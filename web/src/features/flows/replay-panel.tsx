import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Alert, Button, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  type FlowDetail,
  flowQueries,
  type Replay,
  type ReplayDifference,
  replay,
} from '@/api/flows'
import { translateIfKnown } from '@/lib/i18n'
import { titleOf } from '@/lib/texts'
import { Chip } from '@/ui/chip'
import { useFailureMessage } from '@/ui/use-failure-message'
import { inLine, placesOf } from './model'

/** Plays the last real runs against the draft and tells every difference. */
export function ReplayPanel({ flow }: { flow: FlowDetail }) {
  const { t } = useTranslation()
  const fail = useFailureMessage()
  const [limit, setLimit] = useState(20)
  const playing = useMutation({ mutationFn: () => replay(flow.name, limit), onError: fail })
  return (
    <section className="fw-card">
      <p className="fw-quiet">{t('flows.replayHelp')}</p>
      <div className="fw-page-actions" style={{ marginLeft: 0, marginBottom: 12 }}>
        <label htmlFor="replay-limit">{t('flows.replayLimit')}</label>
        <Select
          id="replay-limit"
          value={limit}
          onChange={setLimit}
          options={[10, 20, 50, 100, 200].map((n) => ({ value: n, label: n }))}
        />
        <Button
          type="primary"
          disabled={!flow.playable}
          loading={playing.isPending}
          onClick={() => playing.mutate()}
        >
          {t('flows.replay')}
        </Button>
      </div>
      {!flow.playable && <Alert type="warning" showIcon title={t('flows.notPlayable')} />}
      <div aria-live="polite">{playing.data && <Result flow={flow} result={playing.data} />}</div>
    </section>
  )
}

function Result({ flow, result }: { flow: FlowDetail; result: Replay }) {
  const { t } = useTranslation()
  return (
    <>
      <Alert
        type={result.differing > 0 ? 'warning' : 'success'}
        showIcon
        title={t('flows.replayed', { played: result.played, differing: result.differing })}
      />
      <ul className="fw-findings-list" aria-label={t('flows.differences')}>
        {result.runs.map((run) => (
          <li key={run.record} className="fw-finding">
            <Link to="/e/$entity/r/$id" params={{ entity: flow.entity, id: run.record }}>
              {run.text || run.record}
            </Link>
            {run.differences.map((difference) => (
              <Difference
                key={`${difference.what}${difference.node ?? ''}${difference.field ?? ''}`}
                flow={flow}
                difference={difference}
              />
            ))}
          </li>
        ))}
      </ul>
      {(result.failed ?? []).map((failed) => (
        <Alert
          key={failed.record}
          type="info"
          title={`${failed.record}: ${translateIfKnown(`errors.${failed.code}`) ?? failed.code}`}
        />
      ))}
    </>
  )
}

/** What nodes are called, also those that only older versions have. */
function useNodeTitles(flow: FlowDetail): Map<string, string> {
  const { data: versions } = useQuery(flowQueries.versions(flow.name))
  const known = [...(versions ?? []).map(({ definition }) => definition).reverse(), flow.definition]
  return new Map(
    known.flatMap((each) =>
      each ? placesOf(each).map(({ node }) => [node.name, titleOf(node)] as const) : [],
    ),
  )
}

function Difference({ flow, difference }: { flow: FlowDetail; difference: ReplayDifference }) {
  const { t } = useTranslation()
  const titles = useNodeTitles(flow)
  const shown = (value: unknown): string => {
    if (difference.hidden) return '***'
    if (difference.what === 'status') {
      return translateIfKnown(`state.${String(value)}`) ?? inLine(value)
    }
    if (difference.what === 'route' && Array.isArray(value)) {
      return value.map((node) => titles.get(String(node)) ?? String(node)).join(' → ')
    }
    return inLine(value)
  }
  const place = difference.field ?? titles.get(difference.node ?? '') ?? difference.node ?? ''
  return (
    <div>
      <strong>
        {t(`flows.what.${difference.what}`)} {place}
      </strong>{' '}
      <Chip tone={difference.cause === 'draft' ? 'warn' : 'quiet'}>
        {t(`flows.cause.${difference.cause}`)}
      </Chip>
      <div>
        {t('flows.was')} {shown(difference.was)}
      </div>
      <div>
        {t('flows.now')} {shown(difference.now)}
      </div>
    </div>
  )
}
