import { Alert, Button, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Flow, Scenario } from '@/api/definitions.gen'
import type { FlowDetail, SimulateBody, Simulation, TraceNode } from '@/api/flows'
import { translateIfKnown } from '@/lib/i18n'
import { problemText } from '@/lib/problems/explain'
import { LabelledText } from '@/ui/labelled-text'
import { StateTag } from '@/ui/state-tag'
import { Reasons } from './reasons'
import { useFlowDraft } from './use-flow-draft'

interface SimulationResultProps {
  flow: FlowDetail
  body: SimulateBody
  played: Simulation
}

/** Where a simulation went: the path with its people, what was skipped, and why. */
export function SimulationResult({ flow, body, played }: SimulationResultProps) {
  const { t } = useTranslation()
  const [saving, setSaving] = useState(false)
  return (
    <section aria-label={t('flows.result')} aria-live="polite" style={{ marginTop: 12 }}>
      <h3>
        {t('flows.result')} <StateTag state={played.status} />
      </h3>
      {played.refused && (
        <Alert
          type="warning"
          showIcon
          title={translateIfKnown(`errors.${played.refused}`) ?? played.refused}
        />
      )}
      {(played.problems ?? []).length > 0 && (
        <Alert
          type="warning"
          showIcon
          title={t('flows.wouldBeRefused')}
          description={
            <ul>
              {(played.problems ?? []).slice(0, 10).map((problem) => (
                <li key={`${problem.field}${problem.code}`}>
                  {problem.field} {problemText(problem)}
                </li>
              ))}
            </ul>
          }
        />
      )}
      {played.incident?.map((incident) => (
        <Alert
          key={`${incident.code}${incident.node ?? ''}`}
          type="error"
          showIcon
          title={translateIfKnown(`flows.incidents.${incident.code}`) ?? incident.code}
        />
      ))}
      <ol className="fw-findings-list">
        {played.nodes
          .filter((node) => node.type !== 'branch' || (node.why ?? []).length > 0)
          .map((node) => (
            <NodeResult key={node.node} node={node} />
          ))}
      </ol>
      {flow.edit && <Button onClick={() => setSaving(true)}>{t('flows.saveScenario')}</Button>}
      {saving && (
        <SaveScenario flow={flow} body={body} played={played} onClose={() => setSaving(false)} />
      )}
    </section>
  )
}

function NodeResult({ node }: { node: TraceNode }) {
  return (
    <li className="fw-finding">
      <Reasons node={node} titled />
    </li>
  )
}

function SaveScenario({
  flow,
  body,
  played,
  onClose,
}: SimulationResultProps & { onClose: () => void }) {
  const { t } = useTranslation()
  const [title, setTitle] = useState('')
  const saving = useFlowDraft(flow.name)
  return (
    <Modal
      open
      title={t('flows.saveScenario')}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      confirmLoading={saving.isPending}
      okButtonProps={{ disabled: title.trim() === '' }}
      onOk={() =>
        saving.mutate(withScenario(flow.definition, title.trim(), body, played), {
          onSuccess: onClose,
        })
      }
      onCancel={onClose}
    >
      <p>{t('flows.saveScenarioHelp')}</p>
      <LabelledText
        id="scenario-title"
        label={t('flows.scenarioTitle')}
        required
        maxLength={100}
        value={title}
        onChange={setTitle}
      />
    </Modal>
  )
}

/** The flow with what was just played as a scenario: it must come out the same way from now on. */
export function withScenario(
  flow: Flow,
  title: string,
  body: SimulateBody,
  played: Simulation,
): Flow {
  const scenarios = flow.scenarios ?? []
  const taken = new Set(scenarios.map((scenario) => scenario.name))
  let number = scenarios.length + 1
  while (taken.has(`scenario_${number}`)) number++
  const scenario: Scenario = {
    name: `scenario_${number}`,
    title,
    user: `user:${body.user}`,
    ...(body.record ? { record: body.record } : {}),
    ...(body.values && Object.keys(body.values).length > 0 ? { values: body.values } : {}),
    ...(body.plays ? { plays: body.plays } : {}),
    expect: {
      status: played.status as NonNullable<Scenario['expect']['status']>,
      path: played.nodes
        .filter((node) => node.rounds > 0 && node.type !== 'branch')
        .map((node) => node.node),
    },
  }
  return { ...flow, scenarios: [...scenarios, scenario] }
}
