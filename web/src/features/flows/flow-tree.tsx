import './flow-tree.css'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Branch, Flow, Node } from '@/api/definitions.gen'
import type { Reading, TraceNode } from '@/api/flows'
import { titleOf } from '@/lib/texts'
import { Condition } from './condition'
import { NodeCard } from './node-card'

interface FlowTreeProps {
  flow: Flow
  /** What starts it, in words. */
  start: string
  /** How many things are wrong at a node, and how bad. */
  marks: (node: string) => { errors: number; warnings: number }
  /** Where a run went, by node; undefined without one. */
  trace: ReadonlyMap<string, TraceNode> | undefined
  /** What the people of nodes are named by, by entry. */
  titles: Record<string, string>
  /** Conditions for people, by source. */
  readings: Record<string, Reading>
  selected: string | undefined
  onSelect: (node: string) => void
}

/** A flow from its start to its end, one card under the other; branches stand side by side. */
export function FlowTree(props: FlowTreeProps) {
  const { t } = useTranslation()
  return (
    <section className="fw-flow-scroll" aria-label={t('flows.tree')}>
      <div className="fw-flow">
        <div className="fw-flow-end">{props.start}</div>
        <List nodes={props.flow.nodes} {...props} />
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
            node={node}
            marks={props.marks(node.name)}
            trace={props.trace?.get(node.name)}
            titles={props.titles}
            readings={props.readings}
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
  const { t } = useTranslation()
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
              <div className="fw-flow-way">
                <strong>{titleOf(branch)}</strong>
                <span>
                  {branch.when ? (
                    <Condition source={branch.when} told={props.readings[branch.when]} />
                  ) : (
                    t(branch.else ? 'flows.else' : 'flows.always')
                  )}
                </span>
                {way && <span>{t(way.taken ? 'flows.taken' : 'flows.notTaken')}</span>}
              </div>
              <List nodes={branch.nodes} {...props} />
            </li>
          )
        })}
      </ul>
    </>
  )
}
