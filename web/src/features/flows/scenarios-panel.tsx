import { useMutation } from '@tanstack/react-query'
import { App, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Scenario } from '@/api/definitions.gen'
import { type FlowDetail, playScenarios, type ScenarioResult } from '@/api/flows'
import { titleOf } from '@/lib/texts'
import { Chip } from '@/ui/chip'
import { Nothing } from '@/ui/nothing'
import { useFailureMessage } from '@/ui/use-failure-message'
import { useFlowDraft } from './use-flow-draft'

/** The scenarios saved with a flow: they are played by every check and publish, and here. */
export function ScenariosPanel({ flow }: { flow: FlowDetail }) {
  const { t } = useTranslation()
  const fail = useFailureMessage()
  const playing = useMutation({
    mutationFn: () => playScenarios(flow.name, flow.drafted),
    onError: fail,
  })
  const scenarios = flow.definition.scenarios ?? []
  if (scenarios.length === 0) return <Nothing text={t('flows.noScenarios')} />
  return (
    <section className="fw-card">
      <p className="fw-quiet">{t('flows.scenariosHelp')}</p>
      <Button
        type="primary"
        disabled={!flow.playable}
        loading={playing.isPending}
        onClick={() => playing.mutate()}
      >
        {t('flows.playScenarios')}
      </Button>
      <ul className="fw-findings-list" aria-live="polite" style={{ marginTop: 12 }}>
        {scenarios.map((scenario) => (
          <Line
            key={scenario.name}
            flow={flow}
            scenario={scenario}
            result={playing.data?.find((each) => each.name === scenario.name)}
          />
        ))}
      </ul>
    </section>
  )
}

interface LineProps {
  flow: FlowDetail
  scenario: Scenario
  result: ScenarioResult | undefined
}

function Line({ flow, scenario, result }: LineProps) {
  const { t } = useTranslation()
  const { modal } = App.useApp()
  const saving = useFlowDraft(flow.name)
  const remove = () =>
    void modal.confirm({
      title: t('flows.askRemoveScenario', { name: titleOf(scenario) }),
      okText: t('flows.remove'),
      okButtonProps: { danger: true },
      onOk: () =>
        saving.mutate({
          ...flow.definition,
          scenarios: (flow.definition.scenarios ?? []).filter((each) => each !== scenario),
        }),
    })
  return (
    <li className="fw-finding">
      <span>
        {result && (
          <Chip tone={result.skipped ? 'quiet' : result.passed ? 'good' : 'bad'}>
            {t(result.skipped ? 'flows.skipped' : result.passed ? 'flows.passed' : 'flows.failed')}
          </Chip>
        )}{' '}
        <strong>{titleOf(scenario)}</strong>{' '}
        {flow.edit && (
          <Button size="small" loading={saving.isPending} onClick={remove}>
            {t('flows.remove')}
          </Button>
        )}
      </span>
      {(result?.differences ?? []).map((difference) => (
        <span key={`${difference.what}${difference.node ?? ''}`}>
          {t('flows.scenarioDiffers', {
            what: difference.what,
            node: difference.node ?? '',
            want: (difference.want ?? []).join(' → '),
            got: (difference.got ?? []).join(' → '),
          })}
        </span>
      ))}
    </li>
  )
}
