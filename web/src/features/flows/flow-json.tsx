import { Alert, Button } from 'antd'
import { lazy, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Flow } from '@/api/definitions.gen'
import type { FlowDetail } from '@/api/flows'
import { Boundary } from '@/ui/boundary'
import { Refused } from '@/ui/refused'
import { useFlowDraft } from './use-flow-draft'

const JsonEditor = lazy(async () => ({ default: (await import('@/ui/json-editor')).JsonEditor }))

/** The flow as JSON; what is changed goes into the draft. */
export function FlowJson({ flow }: { flow: FlowDetail }) {
  const { t } = useTranslation()
  const [start] = useState(() => `${JSON.stringify(flow.definition, null, 2)}\n`)
  const [text, setText] = useState(start)
  const saving = useFlowDraft(flow.name)
  const { parsed, broken } = read(text)
  return (
    <>
      {flow.edit && (
        <div className="fw-page-actions" style={{ margin: '0 0 8px' }}>
          <Button
            type="primary"
            disabled={parsed === undefined || text === start}
            loading={saving.isPending}
            onClick={() => parsed && saving.mutate(parsed)}
          >
            {t('definitions.saveDraft')}
          </Button>
        </div>
      )}
      {broken && (
        <Alert type="error" showIcon title={t('definitions.broken')} description={broken} />
      )}
      {saving.error && <Refused error={saving.error} />}
      <Boundary>
        <JsonEditor label={t('definitions.json')} text={start} onChange={setText} />
      </Boundary>
      <p className="fw-quiet">{t('definitions.editHelp')}</p>
    </>
  )
}

function read(text: string): { parsed?: Flow; broken?: string } {
  try {
    return { parsed: JSON.parse(text) as Flow }
  } catch (error) {
    return { broken: error instanceof Error ? error.message : String(error) }
  }
}
