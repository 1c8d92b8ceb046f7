import { useSuspenseQuery } from '@tanstack/react-query'
import i18next from 'i18next'
import { useTranslation } from 'react-i18next'
import type { Flow } from '@/api/definitions.gen'
import { type FlowDetail, flowQueries, type PastFlow } from '@/api/flows'
import { translateIfKnown } from '@/lib/i18n'
import { titleOf } from '@/lib/texts'
import { moment } from '@/lib/time'
import { Chip } from '@/ui/chip'
import { changesBetween, type FlowChange, inShort, placesOf } from './model'

/** What each publish changed in the flow, and what the draft would change. */
export function FlowVersions({ flow }: { flow: FlowDetail }) {
  const { t } = useTranslation()
  const { data: versions } = useSuspenseQuery(flowQueries.versions(flow.name))
  return (
    <section className="fw-card">
      <ol className="fw-findings-list">
        {flow.draft && (
          <li className="fw-finding">
            <span>
              <Chip tone="warn">{t('definitions.inDraft')}</Chip>
            </span>
            <Changes before={flow.published} after={flow.draft} />
          </li>
        )}
        {versions.map((version, i) => (
          <li key={version.number} className="fw-finding">
            <Heading version={version} live={i === 0} />
            <Changes before={versions[i + 1]?.definition ?? null} after={version.definition} />
          </li>
        ))}
      </ol>
    </section>
  )
}

function Heading({ version, live }: { version: PastFlow; live: boolean }) {
  const { t } = useTranslation()
  return (
    <span>
      <strong>{t('flows.versionNumber', { number: version.number })}</strong>{' '}
      {live && <Chip tone="good">{t('definitions.live')}</Chip>} {moment(version.at)} {version.note}
    </span>
  )
}

function Changes({ before, after }: { before: Flow | null; after: Flow | null }) {
  const { t } = useTranslation()
  if (!after) return <span>{t('flows.removed')}</span>
  if (!before) return <span>{t('flows.created')}</span>
  const titles = new Map(
    [...placesOf(before), ...placesOf(after)].map(({ node }) => [node.name, titleOf(node)]),
  )
  const changes = changesBetween(before, after)
  if (changes.length === 0) return <span>{t('flows.noDifference')}</span>
  return (
    <ul>
      {changes.map((change) => (
        <li key={`${change.node}${change.kind}${change.key ?? ''}`}>
          <strong>{titles.get(change.node) ?? t('flows.itself')}</strong> {changeText(change)}
        </li>
      ))}
    </ul>
  )
}

function changeText(change: FlowChange): string {
  if (change.kind !== 'changed') return i18next.t(`flows.change.${change.kind}`)
  const key = translateIfKnown(`flows.key.${change.key}`) ?? change.key
  return `${key}: ${inShort(change.from)} → ${inShort(change.to)}`
}
