import { CloseOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Finding } from '@/api/definitions'
import type { FlowDetail, TraceNode } from '@/api/flows'
import { titleOf } from '@/lib/texts'
import { branchesAround, placesOf } from './model'
import { FindingItem } from './problems-card'
import { Reasons } from './reasons'

interface NodeDetailProps {
  flow: FlowDetail
  node: string
  findings: readonly Finding[]
  /** Where a simulation went, by node. */
  trace: ReadonlyMap<string, TraceNode> | undefined
  onClose: () => void
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
            <dt>{key}</dt>
            <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
