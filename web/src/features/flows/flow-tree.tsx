import './flow-tree.css'
import { Button } from 'antd'
import { type ReactNode, type Ref, useId } from 'react'
import { useTranslation } from 'react-i18next'
import type { Branch, Node } from '@/api/definitions.gen'
import type { FlowDetail, TraceNode } from '@/api/flows'
import { titleOf } from '@/lib/texts'
import { Condition } from './condition'
import { countNodes, wayKey } from './model'
import { NodeCard } from './node-card'
import { startLimits, startText } from './texts'
import type { TreeView } from './use-tree-view'

interface FlowTreeProps {
  flow: FlowDetail
  view: TreeView
  /** How many things are wrong at a node, and how bad. */
  marks: (node: string) => { errors: number; warnings: number }
  /** Where a run went, by node; undefined without one. */
  trace: ReadonlyMap<string, TraceNode> | undefined
  selected: string | undefined
  onSelect: (node: string) => void
}

/** A flow from its start to its end, one card under the other; branches stand side by side, or below each other. */
export function FlowTree({ place, ...props }: FlowTreeProps & { place: Ref<HTMLElement> }) {
  const { t } = useTranslation()
  const { flow, view } = props
  const told = flow.doings['start']
  return (
    <section className="fw-flow-scroll" aria-label={t('flows.tree')} ref={place}>
      <div
        className={view.stacked ? 'fw-flow fw-flow-stacked' : 'fw-flow'}
        style={{ zoom: view.zoom }}
      >
        <div className="fw-flow-end">
          {startText(flow.definition, told, flow.next)}
          {startLimits(told).map((limit) => (
            <div key={limit.title} title={limit.source}>
              {limit.title} {limit.text}
            </div>
          ))}
        </div>
        <List nodes={flow.definition.nodes} {...props} />
        <div className="fw-flow-line" aria-hidden="true" />
        <div className="fw-flow-end">{t('flows.end')}</div>
      </div>
    </section>
  )
}

function List({ nodes, ...props }: FlowTreeProps & { nodes: readonly Node[] }): ReactNode {
  return (
    <ol className="fw-flow-list">
      {nodes.map((node) => (
        <li key={node.name}>
          <div className="fw-flow-line" aria-hidden="true" />
          <NodeCard
            flow={props.flow}
            node={node}
            marks={props.marks(node.name)}
            trace={props.trace?.get(node.name)}
            selected={props.selected === node.name}
            onSelect={() => props.onSelect(node.name)}
          />
          {node.branches && <Branches node={node} branches={node.branches} {...props} />}
        </li>
      ))}
    </ol>
  )
}

function Branches({
  node,
  branches,
  ...props
}: FlowTreeProps & { node: Node; branches: readonly Branch[] }) {
  const taken = props.trace?.get(node.name)?.branches
  return (
    <>
      <div className="fw-flow-line" aria-hidden="true" />
      <ul className="fw-flow-branches">
        {branches.map((branch) => {
          const way = taken?.find((each) => each.name === branch.name)
          const state = way === undefined ? '' : way.taken ? ' fw-flow-taken' : ' fw-flow-left'
          return (
            <li key={branch.name} className={`fw-flow-branch${state}`}>
              <Way branch={branch} way={wayKey(node, branch)} taken={way?.taken} {...props} />
            </li>
          )
        })}
      </ul>
    </>
  )
}

interface WayProps extends FlowTreeProps {
  branch: Branch
  way: string
  /** Whether a simulated run took it; undefined without one. */
  taken: boolean | undefined
}

/** One branch: its condition, and its nodes unless it is folded. */
function Way({ branch, way, taken, ...props }: WayProps) {
  const { t } = useTranslation()
  const id = useId()
  const folded = props.view.folded.has(way)
  const count = countNodes(branch.nodes)
  return (
    <>
      <div className="fw-flow-way">
        <strong>{titleOf(branch)}</strong>
        <span>
          {branch.when ? (
            <Condition source={branch.when} told={props.flow.readings[branch.when]} />
          ) : (
            t(branch.else ? 'flows.else' : 'flows.always')
          )}
        </span>
        {taken !== undefined && <span>{t(taken ? 'flows.taken' : 'flows.notTaken')}</span>}
        {count > 1 && (
          <Button
            type="link"
            size="small"
            aria-expanded={!folded}
            aria-controls={id}
            onClick={() => props.view.fold(way)}
          >
            {t(folded ? 'flows.unfold' : 'flows.fold', { count })}
          </Button>
        )}
      </div>
      <div id={id} hidden={folded}>
        <List nodes={branch.nodes} {...props} />
      </div>
    </>
  )
}
