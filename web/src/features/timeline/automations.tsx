import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { type AutomationRun, retryEffect } from '@/api/automations'
import type { FlowView, StoredRecord } from '@/api/records'
import { effectError, effectText } from '@/lib/effects'
import { translateIfKnown } from '@/lib/i18n'
import { moment } from '@/lib/time'
import { Chip, type Tone } from '@/ui/chip'
import { useFailureMessage } from '@/ui/use-failure-message'

interface EffectsProps {
  record: StoredRecord
  flow: FlowView
  zone: string
}

/** What the flow of a record has not delivered yet; its administrator may have it tried again. */
export function Effects({ record, flow, zone }: EffectsProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const fail = useFailureMessage()
  const retrying = useMutation({
    mutationFn: (n: number) => retryEffect(record.entity, record.id, n),
    onSuccess: () =>
      client.invalidateQueries({ queryKey: ['records', record.entity, 'timeline', record.id] }),
    onError: fail,
  })
  const effects = (flow.effects ?? []).filter((effect) => effect.error)
  if (effects.length === 0) return null
  return (
    <section className="fw-card" aria-label={t('automation.effects')}>
      <h2>{t('automation.effects')}</h2>
      {effects.map((effect) => (
        <Alert
          key={effect.n}
          type={effect.dead ? 'error' : 'warning'}
          showIcon
          style={{ marginBottom: 8 }}
          title={effectText(effect)}
          description={
            <>
              {effectError(effect.error ?? '')}
              {' · '}
              {effect.dead || !effect.next
                ? t('automation.givenUp', { count: effect.attempts ?? 0 })
                : t('automation.again', { time: moment(effect.next, zone) })}
            </>
          }
          action={
            flow.verbs.includes('retry_effect') ? (
              <Button
                size="small"
                loading={retrying.isPending && retrying.variables === effect.n}
                onClick={() => retrying.mutate(effect.n)}
              >
                {t('automation.retry')}
              </Button>
            ) : undefined
          }
        />
      ))}
    </section>
  )
}

const tones: Record<string, Tone> = { approved: 'good', running: 'info', suspended: 'odd' }

/** The automations that ran about a record, newest first. */
export function Automations({ runs, zone }: { runs: readonly AutomationRun[]; zone: string }) {
  const { t } = useTranslation()
  if (runs.length === 0) return null
  return (
    <section className="fw-card" aria-label={t('automation.runs')}>
      <h2>{t('automation.runs')}</h2>
      <ul className="fw-runs">
        {runs.map((run) => (
          <li key={run.id} className="fw-run">
            <span>
              {run.title}{' '}
              <Chip tone={run.incident ? 'bad' : (tones[run.status] ?? 'quiet')}>
                {translateIfKnown(`automation.status.${run.status}`) ?? run.status}
              </Chip>
            </span>
            <span className="fw-event-time">
              {translateIfKnown(`automation.trigger.${run.trigger}`) ?? run.trigger} ·{' '}
              <time dateTime={run.startedAt}>{moment(run.startedAt, zone)}</time>
              {run.incident && ` · ${effectError(run.incident)}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
