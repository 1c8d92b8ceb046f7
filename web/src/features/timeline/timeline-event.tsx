import { PaperClipOutlined } from '@ant-design/icons'
import { useTranslation } from 'react-i18next'
import type { Bundle } from '@/api/bundle'
import { fileUrl, thumbUrl } from '@/api/files'
import type { StoredRecord, TimelineEntry } from '@/api/records'
import type { Wire } from '@/api/wire'
import { shownValue } from '@/form/fields/kinds'
import { fieldAt, placeOf } from '@/form/labels'
import { rowIdsOf } from '@/form/patch'
import { effectError, effectText } from '@/lib/effects'
import { translateIfKnown } from '@/lib/i18n'
import { textOf } from '@/lib/texts'
import { lengthOf, moment } from '@/lib/time'
import { Initials } from '@/ui/initials'

interface TimelineEventProps {
  entry: TimelineEntry
  /** What happened before it; tells how long this step took. */
  earlier: TimelineEntry | undefined
  bundle: Bundle
  record: StoredRecord
}

/** One thing that happened: who, what, where in the flow, when, with words and changes. */
export function TimelineEvent({ entry, earlier, bundle, record }: TimelineEventProps) {
  const { t } = useTranslation()
  const took = earlier ? Date.parse(entry.at) - Date.parse(earlier.at) : 0
  const name =
    entry.actor.id === 'system' ? t('timeline.system') : entry.actor.name || entry.actor.id
  const people = entry.users?.map((user) => user.name).join(t('form.comma')) ?? ''
  const aimed = people !== '' && !passing.has(entry.type)
  return (
    <li>
      <Initials name={name} />
      <div className="fw-event">
        <div className="fw-event-head">
          <span>
            <strong>{name}</strong>{' '}
            {entry.for && `${t('timeline.standsFor', { name: entry.for.name })} `}
            {whatHappened(entry)}
            {aimed &&
              (entry.type === 'commented' ? t('timeline.mentioning', { people }) : ` ${people}`)}
          </span>
        </div>
        <div className="fw-event-time">
          <time dateTime={entry.at}>{moment(entry.at, bundle.zone)}</time>
          <Circumstances entry={entry} took={took} copied={aimed ? '' : people} />
        </div>
        {entry.comment && <div className="fw-event-comment">{entry.comment}</div>}
        <Attached files={entry.files} />
        {entry.sign && (
          <img className="fw-event-sign" src={thumbUrl(entry.sign, 240)} alt={t('files.sign')} />
        )}
        <SentEffects sent={entry.sent} />
        <Reasons bundle={bundle} reasons={entry.reasons} />
        <Changes bundle={bundle} record={record} changes={entry.changes} />
      </div>
    </li>
  )
}

/** What was done, as a verb; of a deadline, what it did. */
function whatHappened({ type, do: deed, publish }: TimelineEntry): string {
  const atDeadline =
    type === 'timed_out' && deed
      ? translateIfKnown(`timeline.deadline.${deed.replace(/:.*$/, '')}`)
      : undefined
  return atDeadline ?? translateIfKnown(`event.${type}`, { version: publish }) ?? type
}

/** What is not done to anybody: people named with these were sent a copy as the flow passed a node on its way. */
const passing: ReadonlySet<string> = new Set([
  'started',
  'resubmitted',
  'approved',
  'rejected',
  'returned',
  'retried',
  'jumped',
  'migrated',
])

/** Where in the flow it was, how long it took, and what else there is to know of it. */
function Circumstances(props: { entry: TimelineEntry; took: number; copied: string }) {
  const { entry, took, copied } = props
  const { t } = useTranslation()
  const known = [
    entry.nodeTitle,
    entry.round && entry.round > 1 ? t('timeline.round', { count: entry.round }) : undefined,
    took >= 60_000 ? t('timeline.took', { time: lengthOf(took) }) : undefined,
    copied ? `${t('event.copied')} ${copied}` : undefined,
    entry.cause ? t('automation.byFlow') : undefined,
    entry.confirmed ? t('timeline.confirmed') : undefined,
    entry.auto ? (translateIfKnown(`auto.${entry.auto}`) ?? entry.auto) : undefined,
  ]
  return <>{known.filter(Boolean).map((text) => ` · ${text}`)}</>
}

function Attached({ files }: { files: TimelineEntry['files'] }) {
  const { t } = useTranslation()
  if (!files || files.length === 0) return null
  return (
    <ul className="fw-event-files">
      {files.map(({ id, name }) => (
        <li key={id}>
          <a href={fileUrl(id, 'download')} download aria-label={t('files.download', { name })}>
            <PaperClipOutlined aria-hidden /> {name}
          </a>
        </li>
      ))}
    </ul>
  )
}

function SentEffects({ sent }: { sent: TimelineEntry['sent'] }) {
  if (!sent || sent.length === 0) return null
  return (
    <ul className="fw-event-changes">
      {sent.map((effect) => (
        <li key={effect.n}>
          {effect.error ? '✗ ' : '✓ '}
          {effectText(effect)}
          {effect.error && `: ${effectError(effect.error)}`}
        </li>
      ))}
    </ul>
  )
}

function Reasons({ bundle, reasons }: { bundle: Bundle; reasons: TimelineEntry['reasons'] }) {
  const entries = Object.entries(reasons ?? {})
  if (entries.length === 0) return null
  const tables = Object.values(bundle.entity.properties).map((field) => field.items)
  const message = (rule: string) => {
    const found = [bundle.entity, ...tables]
      .map((holder) => holder?.['x-rules']?.[rule])
      .find(Boolean)
    return (found && textOf(found, 'message')) ?? rule
  }
  return (
    <ul className="fw-event-changes">
      {entries.map(([rule, reason]) => (
        <li key={rule}>
          {message(rule)}: {reason}
        </li>
      ))}
    </ul>
  )
}

interface ChangesProps {
  bundle: Bundle
  record: StoredRecord
  changes: TimelineEntry['changes']
}

function Changes({ bundle, record, changes }: ChangesProps) {
  if (!changes || changes.length === 0) return null
  const shown = (path: string, value: unknown) => {
    const field = fieldAt(bundle, path)
    if (!field) return value === undefined || value === null ? '–' : String(value)
    return shownValue(value as Wire, {
      field,
      nameOf: (entity, id) => record.refs?.[`${entity}/${id}`],
      zone: bundle.zone,
    })
  }
  return (
    <ul className="fw-event-changes">
      {changes.map((change) => (
        <li key={change.field}>
          {placeOf(bundle, (table) => rowIdsOf(record.values, table), change.field)}:{' '}
          <del>{shown(change.field, change.from)}</del> →{' '}
          <ins>{shown(change.field, change.to)}</ins>
        </li>
      ))}
    </ul>
  )
}
