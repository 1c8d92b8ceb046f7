import { CloseOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Finding } from '@/api/definitions'
import type { Node } from '@/api/definitions.gen'
import type { FlowDetail, TraceNode } from '@/api/flows'
import { translateIfKnown } from '@/lib/i18n'
import { titleOf } from '@/lib/texts'
import { doingText } from './doing-text'
import { branchesAround, inLine, placesOf } from './model'
import { FindingItem } from './problems-card'
import { Reasons } from './reasons'
import { settingText } from './setting-text'
import type { DoingLine } from './texts'

interface NodeDetailProps {
  flow: FlowDetail
  node: string
  findings: readonly Finding[]
  /** Where a simulation went, by node. */
  trace: ReadonlyMap<string, TraceNode> | undefined
  /** Closes it; absent where what it stands in has a heading and a way out of its own. */
  onClose?: () => void
}

/** One key of a node: in words where there are words for it, with what stands in the definition below. */
function Setting({ name, flow, node }: { name: string; flow: FlowDetail; node: Node }) {
  const raw = inLine((node as unknown as Record<string, unknown>)[name])
  const told = settingText(name, node, flow)
  if (told === undefined) return <code>{raw}</code>
  if (name !== 'when') return <span title={raw}>{told}</span>
  return (
    <>
      {told} <code className="fw-quiet">{raw}</code>
    </>
  )
}

/** What a node does without people, with every value. */
function Does({ flow, node }: { flow: FlowDetail; node: Node }) {
  const doing = flow.doings[node.name]
  if (!doing) return null
  const { sentence, lines } = doingText(node, doing, flow)
  return (
    <>
      <p className="fw-node-does">{sentence}</p>
      {lines.length > 0 && (
        <dl className="fw-node-settings">
          {lines.map((line) => (
            <div key={line.title}>
              <dt>{line.title}</dt>
              <dd>
                <span title={line.source}>{line.text}</span>
                {isExpression(line) && <code className="fw-quiet">{line.source}</code>}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </>
  )
}

/** Whether what stands in the definition is short enough to be read beside its words: filters are not. */
function isExpression({ text, source }: DoingLine): boolean {
  return text !== source && !source.startsWith('{')
}

/** The keys of a node in the order people ask for them; others come after them. */
const order = [
  'who',
  'mode',
  'pass',
  'when',
  'fields',
  'allow',
  'timeout',
  'sign',
  'confirm',
  'comment',
]

function inOrder(keys: readonly string[]): string[] {
  return [
    ...order.filter((key) => keys.includes(key)),
    ...keys.filter((key) => !order.includes(key)),
  ]
}

/** Keys that are told elsewhere: in the heading, in the tree, and of a node whose doing has words. */
const elsewhere = ['name', 'title', 'type', 'x-i18n', 'branches']
const inDoing = ['do', 'until', 'for', 'flow', 'each', 'in', 'out', 'wait']

/** All about one node: what is wrong with it, and why a simulation came to it or passed it by. */
export function NodeDetail({ flow, node, findings, trace, onClose }: NodeDetailProps) {
  const { t } = useTranslation()
  const definition = placesOf(flow.definition).find((place) => place.node.name === node)?.node
  if (!definition) return null
  const own = trace?.get(node)
  const around = branchesAround(flow.definition, node).flatMap(
    (branch) => trace?.get(branch.name) ?? [],
  )
  const told = flow.doings[node] ? [...elsewhere, ...inDoing] : elsewhere
  const settings = inOrder(Object.keys(definition).filter((key) => !told.includes(key)))
  return (
    <section className={onClose && 'fw-card'} aria-label={titleOf(definition)}>
      {onClose && (
        <header className="fw-node-detail">
          <h2>{titleOf(definition)}</h2>
          <Button
            type="text"
            icon={<CloseOutlined />}
            aria-label={t('flows.close')}
            onClick={onClose}
          />
        </header>
      )}
      {findings.length > 0 && (
        <ul className="fw-findings-list">
          {findings.map((finding) => (
            <FindingItem key={`${finding.path}${finding.code}`} flow={flow} finding={finding} />
          ))}
        </ul>
      )}
      <Does flow={flow} node={definition} />
      {own && <Reasons node={own} />}
      {around.map((branch) => (
        <Reasons key={branch.node} node={branch} titled />
      ))}
      <dl className="fw-node-settings">
        {settings.map((key) => (
          <div key={key}>
            <dt>{translateIfKnown(`flows.key.${key}`) ?? key}</dt>
            <dd>
              <Setting name={key} flow={flow} node={definition} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
