import { Alert, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Finding } from '@/api/definitions'
import type { FlowDetail } from '@/api/flows'
import { translateIfKnown } from '@/lib/i18n'
import { applyJsonPatch } from '@/lib/json-patch'
import { titleOf } from '@/lib/texts'
import { Chip } from '@/ui/chip'
import { findingsByNode, placesOf } from './model'
import { useFlowDraft } from './use-flow-draft'

/** Everything that is wrong with a flow, with the way to its node. */
export function ProblemsCard({
  flow,
  onSelect,
}: {
  flow: FlowDetail
  onSelect: (node: string) => void
}) {
  const { t } = useTranslation()
  if (flow.problems.length === 0) {
    return <Alert type="success" showIcon title={t('definitions.clean')} />
  }
  const byNode = findingsByNode(flow.definition, flow.problems)
  const titles = new Map(
    placesOf(flow.definition).map(({ node }) => [node.name, titleOf(node)] as const),
  )
  return (
    <section className="fw-card" aria-label={t('definitions.findings')}>
      <h2>{t('definitions.findings')}</h2>
      <ul className="fw-findings-list">
        {[...byNode].flatMap(([node, findings]) =>
          findings.map((finding) => (
            <FindingItem
              key={`${finding.path}${finding.code}`}
              flow={flow}
              finding={finding}
              place={titles.get(node)}
              onSelect={() => onSelect(node)}
            />
          )),
        )}
      </ul>
    </section>
  )
}

interface FindingItemProps {
  flow: FlowDetail
  finding: Finding
  /** Title of the node; absent where it is shown anyway. */
  place?: string | undefined
  onSelect?: () => void
}

/** One finding: what is wrong, where, why it matters, and what would solve it. */
export function FindingItem({ flow, finding, place, onSelect }: FindingItemProps) {
  const { t } = useTranslation()
  const saving = useFlowDraft(flow.name)
  const fixed = finding.fix && flow.edit && applyJsonPatch(flow.definition, finding.fix)
  const people = finding.params?.['people']
  return (
    <li className="fw-finding">
      <span>
        <Chip tone={finding.level === 'error' ? 'bad' : 'warn'}>
          {t(finding.level === 'error' ? 'definitions.error' : 'definitions.warning')}
        </Chip>{' '}
        {translateIfKnown(`findings.${finding.code}`, finding.params) ?? finding.code}
      </span>
      <span className="fw-quiet">
        {translateIfKnown(`flows.explain.${finding.code}`, told(finding)) ?? finding.path}
      </span>
      {Array.isArray(people) && <span>{people.join(t('flows.and'))}</span>}
      <span>
        {place && onSelect && (
          <Button size="small" onClick={onSelect}>
            {t('flows.showNode', { node: place })}
          </Button>
        )}{' '}
        {fixed && (
          <Button
            size="small"
            type="primary"
            loading={saving.isPending}
            onClick={() => saving.mutate(fixed)}
          >
            {t('flows.fix')}
          </Button>
        )}
      </span>
      {fixed && <code>{(finding.fix ?? []).map(stepText).join(' · ')}</code>}
    </li>
  )
}

/** Params as texts: a sentence about a missing one would name "undefined". */
function told(finding: Finding): Record<string, string> {
  const params: Record<string, string> = {
    node: '',
    field: '',
    name: '',
    count: '',
    max: '',
    target: '',
  }
  for (const [key, value] of Object.entries(finding.params ?? {})) params[key] = String(value)
  return params
}

function stepText(step: { op: string; path: string; value?: unknown }): string {
  const value =
    step.value === undefined
      ? ''
      : ` → ${typeof step.value === 'string' ? step.value : JSON.stringify(step.value)}`
  return `${step.op} ${step.path}${value}`
}
