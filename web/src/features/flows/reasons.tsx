import { useTranslation } from 'react-i18next'
import type { TraceNode } from '@/api/flows'
import { translateIfKnown } from '@/lib/i18n'
import { Chip } from '@/ui/chip'
import { readsText, reasonText } from './texts'

/** Why a run came to a node or passed it by, whom it asked there, and what they did. */
export function Reasons({ node, titled = false }: { node: TraceNode; titled?: boolean }) {
  const { t } = useTranslation()
  return (
    <>
      <div>
        {titled && <strong>{node.title} </strong>}
        <Chip tone={node.status === 'done' ? 'good' : 'quiet'}>
          {t(`flows.places.${node.status}`)}
        </Chip>
      </div>
      <ul className="fw-reasons" aria-label={t('flows.why')}>
        {(node.why ?? []).map((reason) => (
          <li key={`${reason.at}${reason.branch ?? ''}${reason.who ?? ''}${reason.rule ?? ''}`}>
            {reasonText(reason)}
            {readsText(reason) && <div className="fw-quiet">{readsText(reason)}</div>}
          </li>
        ))}
        {(node.auto ?? []).map((decision) => (
          <li key={`${decision.reason}${decision.user ?? ''}`}>
            {translateIfKnown(`auto.${decision.reason}`) ?? decision.reason}
          </li>
        ))}
        {(node.tasks ?? []).map((task) => (
          <li key={`${task.round}${task.user.id}${task.status}`}>
            {task.user.name || task.user.id}
            {t('form.colon')}
            {translateIfKnown(`flows.taskStatus.${task.status}`) ?? task.status}
            {task.auto && ` (${translateIfKnown(`auto.${task.auto}`) ?? task.auto})`}
          </li>
        ))}
      </ul>
    </>
  )
}
