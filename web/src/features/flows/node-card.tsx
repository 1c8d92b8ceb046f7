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
import type { Reading, TraceNode } from '@/api/flows'
import { titleOf } from '@/lib/texts'
import { Chip, type Tone } from '@/ui/chip'
import { Condition } from './condition'
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

interface NodeCardProps {
  node: Node
  marks: { errors: number; warnings: number }
  trace: TraceNode | undefined
  titles: Record<string, string>
  readings: Record<string, Reading>
  selected: boolean
  onSelect: () => void
}

/** A node: what it is, whom it asks, under which condition, and what is wrong with it. A press shows all about it. */
export function NodeCard(props: NodeCardProps) {
  const { node, marks, trace, titles, selected, onSelect } = props
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
          {whoText(entry, titles[entry])}
        </span>
      ))}
      {node.when && (
        <span className="fw-node-line">
          {t('flows.onlyIf')} <Condition source={node.when} told={props.readings[node.when]} />
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
