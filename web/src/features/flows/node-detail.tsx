import { CloseOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Finding } from '@/api/definitions'
import type { Node } from '@/api/definitions.gen'
import type { FlowDetail, TraceNode } from '@/api/flows'
import { translateIfKnown } from '@/lib/i18n'
import { titleOf } from '@/lib/texts'
import { conditionText } from './condition-text'
import { branchesAround, inLine, placesOf } from './model'
import { FindingItem } from './problems-card'
import { Reasons } from './reasons'
import { deadlinesText } from './texts'

interface NodeDetailProps {
  flow: FlowDetail
  node: string
  findings: readonly Finding[]
  /** Where a simulation went, by node. */
  trace: ReadonlyMap<string, TraceNode> | undefined
  onClose: () => void
}

/** One key of a node: in words where there are words for it, with what stands in the definition below. */
function Setting(props: { name: string; value: unknown; flow: FlowDetail; node: Node }) {
  const { name, value, flow, node } = props
  const raw = inLine(value)
  const told = typeof value === 'string' ? flow.readings[value] : undefined
  if ((name === 'when' || name === 'until') && told) {
    return (
      <>
        {conditionText(told)} <code className="fw-quiet">{raw}</code>
      </>
    )
  }
  if (name === 'timeout' && node.timeout)
    return <span title={raw}>{deadlinesText(node.timeout)}</span>
  return raw
}

/** All about one node: what is wrong with it, and why a simulation came to it or passed it by. */
export function NodeDetail({ flow, node, findings, trace, onClose }: NodeDetailProps) {
  const { t } = useTranslation()
  const definition = placesOf(flow.definition).find((place) => place.node.name === node)?.node
  if (!definition) return null
  const own = trace?.get(node)
  const around = branchesAround(flow.definition, node).flatMap(
    (branch) => trace?.get(branch.name) ?? [],
  )
  const settings = Object.entries(definition).filter(
    ([key]) => !['name', 'title', 'type', 'x-i18n', 'branches'].includes(key),
  )
  return (
    <section className="fw-card" aria-label={titleOf(definition)}>
      <header className="fw-node-detail">
        <h2>{titleOf(definition)}</h2>
        <Button
          type="text"
          icon={<CloseOutlined />}
          aria-label={t('flows.close')}
          onClick={onClose}
        />
      </header>
      {findings.length > 0 && (
        <ul className="fw-findings-list">
          {findings.map((finding) => (
            <FindingItem key={`${finding.path}${finding.code}`} flow={flow} finding={finding} />
          ))}
        </ul>
      )}
      {own && <Reasons node={own} />}
      {around.map((branch) => (
        <Reasons key={branch.node} node={branch} titled />
      ))}
      <dl className="fw-task-summary">
        {settings.map(([key, value]) => (
          <div key={key}>
            <dt>{translateIfKnown(`flows.key.${key}`) ?? key}</dt>
            <dd>
              <Setting name={key} value={value} flow={flow} node={definition} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
