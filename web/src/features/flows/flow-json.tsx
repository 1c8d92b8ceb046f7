import { Alert, Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Flow } from '@/api/definitions.gen'
import type { FlowDetail } from '@/api/flows'
import { translateIfKnown } from '@/lib/i18n'
import { jsonPlaces } from '@/lib/json-places'
import { findingsIn } from '@/lib/problems/explain'
import { type JsonNote, JsonText } from '@/ui/json-text'
import { Refused } from '@/ui/refused'
import { useFlowDraft } from './use-flow-draft'

/** What somebody has typed and not saved, and the text it was made from. */
export interface EditedText {
  base: string
  text: string
}

/** The JSON of a flow as its editor begins with it. */
export function flowText(flow: FlowDetail): string {
  return `${JSON.stringify(flow.definition, null, 2)}\n`
}

interface FlowJsonProps {
  flow: FlowDetail
  edited: EditedText | undefined
  onEdit: (edited: EditedText | undefined) => void
}

/** The flow as JSON; what is changed goes into the draft. What is typed stays while other tabs are looked at. */
export function FlowJson({ flow, edited, onEdit }: FlowJsonProps) {
  const { t } = useTranslation()
  const start = flowText(flow)
  const text = edited?.text ?? start
  const saving = useFlowDraft(flow.name)
  const [round, setRound] = useState(0)
  const broken = jsonPlaces(text).fault !== undefined
  /** The editor begins anew with what the draft holds. */
  const restart = () => {
    onEdit(undefined)
    setRound((old) => old + 1)
  }
  // What was refused has been told; what was typed stays.
  const save = () =>
    void saving.mutateAsync(JSON.parse(text) as Flow).then(restart, () => undefined)
  return (
    <>
      {flow.edit && (
        <div className="fw-page-actions" style={{ margin: '0 0 8px' }}>
          <Button
            type="primary"
            disabled={broken || edited === undefined}
            loading={saving.isPending}
            onClick={save}
          >
            {t('definitions.saveDraft')}
          </Button>
          {edited && <Button onClick={restart}>{t('flows.dropTyped')}</Button>}
        </div>
      )}
      {edited && edited.base !== start && (
        <Alert
          type="warning"
          showIcon
          style={{ marginBottom: 8 }}
          title={t('flows.changedElsewhere')}
        />
      )}
      {saving.error && <Refused error={saving.error} />}
      <JsonText
        key={`${round}/${edited?.base ?? start}`}
        label={t('definitions.json')}
        text={text}
        onChange={(typed) =>
          onEdit(typed === start ? undefined : { base: edited?.base ?? start, text: typed })
        }
        notes={notesOf(flow, saving.error)}
      />
      <p className="fw-quiet">{t('definitions.editHelp')}</p>
    </>
  )
}

/** What is wrong with what was refused, else with what is in the draft. */
function notesOf(flow: FlowDetail, refused: unknown): JsonNote[] {
  const found = findingsIn(refused, `flows/${flow.name}`)
  if (found.length > 0) return found.map((each) => ({ ...each, level: 'error' }))
  return flow.problems.map(({ path, code, level, params }) => ({
    path,
    level: level === 'error' ? 'error' : 'warning',
    text: translateIfKnown(`findings.${code}`, params) ?? code,
  }))
}
