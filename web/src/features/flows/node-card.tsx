import {
  AuditOutlined,
  BranchesOutlined,
  ClockCircleOutlined,
  FormOutlined,
  PartitionOutlined,
  SendOutlined,
  ThunderboltOutlined,
} from '@ant-design/icons'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Node } from '@/api/definitions.gen'
import type { FlowDetail, TraceNode } from '@/api/flows'
import { titleOf } from '@/lib/texts'
import { Chip, type Tone } from '@/ui/chip'
import { Condition } from './condition'
import { doingText } from './doing-text'
import { inShort } from './model'
import { settingText } from './setting-text'
import { whoText } from './texts'

const icons: Record<Node['type'], ReactNode> = {
  approve: <AuditOutlined />,
  handle: <FormOutlined />,
  cc: <SendOutlined />,
  branch: <BranchesOutlined />,
  call: <PartitionOutlined />,
  action: <ThunderboltOutlined />,
  wait: <ClockCircleOutlined />,
}

const tones: Record<TraceNode['status'], Tone> = {
  done: 'good',
  active: 'info',
  waiting: 'quiet',
  skipped: 'quiet',
}

/** How many lines a card shows of what its node does; all of them stand beside the selected node. */
const shownLines = 3

interface NodeCardProps {
  flow: FlowDetail
  node: Node
  marks: { errors: number; warnings: number }
  trace: TraceNode | undefined
  selected: boolean
  onSelect: () => void
}

/** A node: what it is, whom it asks or what it does, under which condition, and what is wrong with it. A press shows all about it. */
export function NodeCard(props: NodeCardProps) {
  const { flow, node, marks, trace, selected, onSelect } = props
  const { t } = useTranslation()
  const state = trace ? ` fw-node-${trace.status}` : ''
  return (
    <button
      type="button"
      className={`fw-node fw-node-${node.type}${state}`}
      aria-pressed={selected}
      data-node={node.name}
      onClick={onSelect}
    >
      <span className="fw-node-head">
        {icons[node.type]} <span className="fw-sr">{t(`flows.types.${node.type}`)} </span>
        {titleOf(node)}
      </span>
      {(node.who ?? []).map((entry) => (
        <span key={entry} className="fw-node-line">
          {whoText(entry, flow.titles[entry])}
        </span>
      ))}
      {node.mode && (node.who ?? []).length > 0 && (
        <span className="fw-node-line">{settingText('mode', node, flow)}</span>
      )}
      <Does flow={flow} node={node} />
      {node.when && (
        <span className="fw-node-line">
          {t('flows.onlyIf')} <Condition source={node.when} told={flow.readings[node.when]} />
        </span>
      )}
      {(trace || marks.errors + marks.warnings > 0) && (
        <span className="fw-node-marks">
          {trace && <Chip tone={tones[trace.status]}>{t(`flows.places.${trace.status}`)}</Chip>}
          {marks.errors > 0 && <Chip tone="bad">{t('flows.errors', { count: marks.errors })}</Chip>}
          {marks.warnings > 0 && (
            <Chip tone="warn">{t('flows.warnings', { count: marks.warnings })}</Chip>
          )}
        </span>
      )}
    </button>
  )
}

/** What a node does without people; as the definition says it where that does not compile. */
function Does({ flow, node }: { flow: FlowDetail; node: Node }) {
  const { t } = useTranslation()
  const doing = flow.doings[node.name]
  const raw = node.do ?? node.until ?? node.for ?? node.flow
  if (!doing) {
    return raw === undefined ? null : (
      <span className="fw-node-line">
        <code>{inShort(raw)}</code>
      </span>
    )
  }
  const { sentence, lines } = doingText(node, doing, flow)
  return (
    <>
      <span className="fw-node-line">{sentence}</span>
      {lines.slice(0, shownLines).map((line) => (
        <span key={line.title} className="fw-node-line fw-node-given" title={line.source}>
          {line.title}
          {t('form.colon')}
          {line.text}
        </span>
      ))}
      {lines.length > shownLines && (
        <span className="fw-node-line fw-node-given">
          {t('flows.doing.more', { count: lines.length - shownLines })}
        </span>
      )}
    </>
  )
}
