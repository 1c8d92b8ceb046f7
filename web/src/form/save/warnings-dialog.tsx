import { Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Bundle } from '@/api/bundle'
import type { Problem } from '@/api/wire'
import { Ask } from '@/ui/ask'
import { Labelled } from '@/ui/labelled'
import { placeOf, type RowsOf, textOfProblem } from '../labels'
import { SimilarRecords } from '../similar-records'
import type { Reasons } from './use-guarded-command'

interface WarningsDialogProps {
  problems: readonly Problem[]
  bundle: Bundle
  rowsOf: RowsOf
  onGive: (reasons: Reasons) => void
  onCancel: () => void
}

/** Asks a reason for each rule that was broken knowingly; approvers read them. */
export function WarningsDialog({
  problems,
  bundle,
  rowsOf,
  onGive,
  onCancel,
}: WarningsDialogProps) {
  const { t } = useTranslation()
  const [reasons, setReasons] = useState<Reasons>({})
  const rules = [
    ...new Map(problems.map((problem) => [problem.rule ?? problem.code, problem])).entries(),
  ]
  const complete = rules.every(([rule]) => reasons[rule]?.trim())
  return (
    <Ask
      title={t('warnings.title')}
      ok={t('warnings.go')}
      disabled={!complete}
      busy={false}
      onOk={() => onGive(reasons)}
      onCancel={onCancel}
    >
      <p>{t('warnings.intro')}</p>
      {rules.map(([rule, problem]) => {
        const places = problems
          .filter((each) => (each.rule ?? each.code) === rule)
          .map((each) => placeOf(bundle, rowsOf, each.field))
        return (
          <Labelled
            key={rule}
            id={`reason-${rule}`}
            label={`${textOfProblem(bundle, problem)} (${[...new Set(places)].join('; ')})`}
            required
          >
            <SimilarRecords problems={[problem]} />
            <Input.TextArea
              id={`reason-${rule}`}
              rows={2}
              maxLength={500}
              placeholder={t('warnings.reason')}
              value={reasons[rule] ?? ''}
              onChange={(event) => setReasons({ ...reasons, [rule]: event.target.value })}
            />
          </Labelled>
        )
      })}
    </Ask>
  )
}
