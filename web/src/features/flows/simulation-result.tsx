import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { bundleQueries } from '@/api/bundle'
import type { Flow, Scenario } from '@/api/definitions.gen'
import type { FlowDetail, SimulateBody, Simulation, TraceNode } from '@/api/flows'
import type { Problem } from '@/api/wire'
import { placeOf, textOfProblem } from '@/form/labels'
import { translateIfKnown } from '@/lib/i18n'
import { parsePath } from '@/lib/path'
import { problemText } from '@/lib/problems/explain'
import { titleOf } from '@/lib/texts'
import { LabelledText } from '@/ui/labelled-text'
import { StateTag } from '@/ui/state-tag'
import { usePhone } from '@/ui/use-phone'
import { placesOf } from './model'
import { Reasons } from './reasons'
import { useFlowDraft } from './use-flow-draft'

interface SimulationResultProps {
  flow: FlowDetail
  body: SimulateBody
  played: Simulation
}

/** Where a simulation went: the path with its people, what was skipped, and why. */
export function SimulationResult({
  flow,
  body,
  played,
  onSelect,
}: SimulationResultProps & { onSelect: (node: string) => void }) {
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
          title={t('flows.playRefused')}
          description={translateIfKnown(`errors.${played.refused}`) ?? played.refused}
        />
      )}
      {played.problems && played.problems.length > 0 && (
        <WouldBeRefused flow={flow} problems={played.problems} />
      )}
      {played.incident?.map((incident) => (
        <Stuck
          key={`${incident.code}${incident.node ?? ''}`}
          flow={flow}
          incident={incident}
          onSelect={onSelect}
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

/** How many problems are listed. */
const maxProblems = 10

/** For what the record would be refused, told as its form tells it; the same in many rows is told once. */
function WouldBeRefused({ flow, problems }: { flow: FlowDetail; problems: readonly Problem[] }) {
  const { t } = useTranslation()
  const { data: bundle } = useQuery(
    bundleQueries.of(flow.entity, { form: flow.definition.form, phone: usePhone() }),
  )
  const told = (problem: Problem) => {
    const { field, column } = parsePath(problem.field)
    const place = column ? `${field}.${column}` : field
    if (!bundle) return `${place} ${problemText(problem)}`
    return [placeOf(bundle, () => [], place), textOfProblem(bundle, problem)]
      .filter(Boolean)
      .join(t('form.colon'))
  }
  const texts = [...new Set(problems.map(told))]
  return (
    <Alert
      type="warning"
      showIcon
      title={t('flows.wouldBeRefused')}
      description={
        <ul style={{ margin: 0, paddingInlineStart: 20 }}>
          {texts.slice(0, maxProblems).map((text) => (
            <li key={text}>{text}</li>
          ))}
          {texts.length > maxProblems && (
            <li>{t('flows.moreProblems', { count: texts.length - maxProblems })}</li>
          )}
        </ul>
      }
    />
  )
}

interface StuckProps {
  flow: FlowDetail
  incident: NonNullable<Simulation['incident']>[number]
  onSelect: (node: string) => void
}

/** Where a run would stop and wait for an administrator, and what to do about it. */
function Stuck({ flow, incident: { code, node, problem }, onSelect }: StuckProps) {
  const { t } = useTranslation()
  const place = placesOf(flow.definition).find((each) => each.node.name === node)?.node
  const why = problem && (translateIfKnown(`errors.${problem}`) ?? problem)
  return (
    <Alert
      type="error"
      showIcon
      title={[place && titleOf(place), translateIfKnown(`flows.incidents.${code}`) ?? code]
        .filter(Boolean)
        .join(t('form.colon'))}
      description={[why, translateIfKnown(`flows.incidentHelp.${code}`)].filter(Boolean).join(' ')}
      action={
        place && (
          <Button size="small" onClick={() => onSelect(place.name)}>
            {t('flows.showNode', { node: titleOf(place) })}
          </Button>
        )
      }
    />
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
