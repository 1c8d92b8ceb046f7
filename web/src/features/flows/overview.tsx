import { useMemo, useState } from 'react'
import type { FlowDetail, Simulation } from '@/api/flows'
import { FlowTree } from './flow-tree'
import { findingsByNode, isAutomation } from './model'
import { NodeDetail } from './node-detail'
import { ProblemsCard } from './problems-card'
import { SimulationPanel } from './simulation-panel'
import { startText } from './texts'

/** The flow drawn, with what is wrong at its nodes, and a simulation beside it that colours its path. */
export function Overview({ flow }: { flow: FlowDetail }) {
  const [selected, setSelected] = useState<string | undefined>()
  const [played, setPlayed] = useState<Simulation | undefined>()
  const findings = useMemo(() => findingsByNode(flow.definition, flow.problems), [flow])
  const trace = useMemo(
    () => played && new Map(played.nodes.map((node) => [node.node, node])),
    [played],
  )
  const marks = (node: string) => {
    const own = findings.get(node) ?? []
    const errors = own.filter((finding) => finding.level === 'error').length
    return { errors, warnings: own.length - errors }
  }
  return (
    <div className="fw-flow-columns">
      <div className="fw-card">
        <FlowTree
          flow={flow.definition}
          start={startText(flow.definition, flow.next)}
          marks={marks}
          trace={trace}
          titles={flow.titles}
          readings={flow.readings}
          selected={selected}
          onSelect={(node) => setSelected(node === selected ? undefined : node)}
        />
      </div>
      <div className="fw-flow-side">
        {selected && (
          <NodeDetail
            flow={flow}
            node={selected}
            findings={findings.get(selected) ?? []}
            trace={trace}
            onClose={() => setSelected(undefined)}
          />
        )}
        <ProblemsCard flow={flow} onSelect={setSelected} />
        {!isAutomation(flow.definition) && (
          <SimulationPanel flow={flow} played={played} onPlayed={setPlayed} />
        )}
      </div>
    </div>
  )
}
