import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Pick } from '@/api/verbs'
import { Ask } from '@/ui/ask'
import { Labelled } from '@/ui/labelled'
import { PeopleSelect } from '../verbs/people-select'
import type { Picks } from './use-guarded-command'

interface PickDialogProps {
  picks: readonly Pick[]
  onPick: (picks: Picks) => void
  onCancel: () => void
}

/** Asks who is to approve at nodes that leave the choice to the person who sends the record on. */
export function PickDialog({ picks, onPick, onCancel }: PickDialogProps) {
  const { t } = useTranslation()
  const [chosen, setChosen] = useState<Picks>({})
  const missing = picks.some((pick) => pick.required && (chosen[pick.node] ?? []).length === 0)
  return (
    <Ask
      title={t('verbs.pickTitle')}
      ok={t('verbs.pickDone')}
      disabled={missing}
      busy={false}
      onOk={() => onPick(chosen)}
      onCancel={onCancel}
    >
      {picks.map((pick) => (
        <Labelled
          key={pick.node}
          id={`pick-${pick.node}`}
          label={t('verbs.pick', { node: pick.title })}
          required={pick.required}
        >
          <PeopleSelect
            id={`pick-${pick.node}`}
            role={pick.role ?? ''}
            several
            value={chosen[pick.node] ?? []}
            onChange={(ids) => setChosen({ ...chosen, [pick.node]: ids })}
          />
        </Labelled>
      ))}
    </Ask>
  )
}
