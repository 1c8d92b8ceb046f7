import { useTranslation } from 'react-i18next'
import { thumbUrl } from '@/api/files'
import type { PrintBlock, TrailStep } from '@/api/prints'
import { translateIfKnown } from '@/lib/i18n'
import { lengthOf, moment } from '@/lib/time'
import type { Piece } from './pages'
import type { Look } from './values'

interface TrailTableProps {
  block: PrintBlock
  /** Which steps are on this page; all of them if undefined. */
  piece?: Piece | undefined
  look: Look
}

/** How the approval went, step by step: its rows may be parted between pages, each has its head. */
export function TrailTable({ block, piece, look }: TrailTableProps) {
  const { t } = useTranslation()
  const steps = block.steps ?? []
  const from = piece?.from ?? 0
  return (
    <>
      <h3>{block.title ?? t('print.trail.title')}</h3>
      <table className="fw-print-table fw-print-trail">
        <thead>
          <tr>
            {(['node', 'who', 'decision', 'comment', 'at'] as const).map((key) => (
              <th key={key} scope="col" className={`fw-print-trail-${key}`}>
                {t(`print.trail.${key}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {steps.slice(from, piece?.to ?? steps.length).map((step, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: steps have no other name and keep their place
            <Step key={from + index} step={step} zone={look.zone} />
          ))}
        </tbody>
      </table>
    </>
  )
}

/** What the initiator does before the first node. */
const byInitiator: ReadonlySet<string> = new Set(['started', 'resubmitted'])

function Step({ step, zone }: { step: TrailStep; zone: string }) {
  const { t } = useTranslation()
  const name = step.actor.id === 'system' ? t('timeline.system') : step.actor.name || step.actor.id
  return (
    <tr>
      <td>
        {step.title ?? (byInitiator.has(step.type) ? t('tasks.initiator') : '')}
        {step.round !== undefined && step.round > 1 && (
          <small>{t('timeline.round', { count: step.round })}</small>
        )}
      </td>
      <td>
        {name}
        {step.for && ` ${t('timeline.standsFor', { name: step.for.name })}`}
        {step.department && <small>{step.department}</small>}
      </td>
      <td>{decisionOf(step, t('tasks.initiator'), t('form.comma'))}</td>
      <td>
        {step.comment && <span className="fw-print-said">{step.comment}</span>}
        {step.sign && <img src={thumbUrl(step.sign, 240)} alt={t('files.sign')} />}
        {step.files && (
          <small>{t('print.trail.files', { names: step.files.join(t('form.comma')) })}</small>
        )}
      </td>
      <td>
        {moment(step.at, zone)}
        {step.took !== undefined && step.took >= 60 && (
          <small>{t('timeline.took', { time: lengthOf(step.took * 1000) })}</small>
        )}
      </td>
    </tr>
  )
}

/** What was decided, with whom or where it concerns: "退回 发起人". */
function decisionOf(step: TrailStep, initiator: string, comma: string): string {
  const what =
    step.type === 'auto'
      ? translateIfKnown(`auto.${step.auto ?? ''}`)
      : translateIfKnown(`print.trail.type.${step.type}`)
  const whom = step.users?.map((user) => user.name).join(comma)
  const where = step.to === 'initiator' ? initiator : step.to
  return [what ?? translateIfKnown(`event.${step.type}`) ?? step.type, whom || where]
    .filter(Boolean)
    .join(' ')
}
