import { useSuspenseQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { Flow, Node } from '@/api/definitions.gen'
import { type FlowDetail, flowQueries, type PastFlow, type Reading } from '@/api/flows'
import { translateIfKnown } from '@/lib/i18n'
import { titleOf } from '@/lib/texts'
import { moment } from '@/lib/time'
import { Chip } from '@/ui/chip'
import { Condition } from './condition'
import { changesBetween, type FlowChange, inShort, placesOf } from './model'
import { deadlinesText } from './texts'

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
            <Changes before={flow.published} after={flow.draft} readings={flow.readings} />
          </li>
        )}
        {versions.map((version, i) => (
          <li key={version.number} className="fw-finding">
            <Heading version={version} live={i === 0} />
            <Changes
              before={versions[i + 1]?.definition ?? null}
              after={version.definition}
              readings={{ ...versions[i + 1]?.readings, ...version.readings }}
            />
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

interface ChangesProps {
  before: Flow | null
  after: Flow | null
  /** Conditions of both for people, by source. */
  readings: Record<string, Reading>
}

function Changes({ before, after, readings }: ChangesProps) {
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
        <li key={`${change.node}${change.kind}${change.key ?? ''}${change.branch?.name ?? ''}`}>
          <strong>{titles.get(change.node) ?? t('flows.itself')}</strong>{' '}
          <Change change={change} readings={readings} />
        </li>
      ))}
    </ul>
  )
}

function Change({ change, readings }: { change: FlowChange; readings: Record<string, Reading> }) {
  const { t } = useTranslation()
  const { kind, key, branch } = change
  if (kind !== 'changed') return t(`flows.change.${kind}`)
  const name = branch
    ? t('flows.key.branchWhen', { branch: titleOf(branch) })
    : (translateIfKnown(`flows.key.${key}`) ?? key)
  return (
    <>
      {name}
      {t('form.colon')}
      <Told name={key} value={change.from} readings={readings} /> →{' '}
      <Told name={key} value={change.to} readings={readings} />
    </>
  )
}

/** A value of a definition: a condition and deadlines in words, anything else as it stands there. */
function Told(props: {
  name: string | undefined
  value: unknown
  readings: Record<string, Reading>
}) {
  const { name, value, readings } = props
  if ((name === 'when' || name === 'until') && typeof value === 'string')
    return <Condition source={value} told={readings[value]} />
  if (name === 'timeout' && Array.isArray(value))
    return (
      <span title={inShort(value)}>{deadlinesText(value as NonNullable<Node['timeout']>)}</span>
    )
  return inShort(value)
}
