import { Drawer } from 'antd'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { FlowDetail, Simulation } from '@/api/flows'
import { titleOf } from '@/lib/texts'
import { usePhone } from '@/ui/use-phone'
import { FlowSettings } from './flow-settings'
import { FlowTree } from './flow-tree'
import { findingsByNode, isAutomation, placesOf } from './model'
import { NodeDetail } from './node-detail'
import { ProblemsCard } from './problems-card'
import { SimulationPanel } from './simulation-panel'
import { TreeTools } from './tree-tools'
import { useTreeView, zoomSteps } from './use-tree-view'

/** The flow drawn, with what is wrong at its nodes, and a simulation beside it that colours its path. */
export function Overview({ flow }: { flow: FlowDetail }) {
  const phone = usePhone()
  const [selected, setSelected] = useState<string | undefined>()
  const [played, setPlayed] = useState<Simulation | undefined>()
  const view = useTreeView(flow.definition)
  const place = useRef<HTMLElement>(null)
  const reveal = useReveal(place)
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
  const goTo = (node: string) => {
    view.open(node)
    setSelected(node)
    reveal(node)
  }
  const close = () => setSelected(undefined)
  const detail = selected && (
    <NodeDetail
      flow={flow}
      node={selected}
      findings={findings.get(selected) ?? []}
      trace={trace}
      {...(phone ? {} : { onClose: close })}
    />
  )
  const title = placesOf(flow.definition).find(({ node }) => node.name === selected)?.node
  return (
    <div className="fw-flow-columns">
      <div className="fw-card">
        <TreeTools
          flow={flow.definition}
          view={view}
          onFit={() => {
            const zoom = fitting(place.current)
            if (zoom === undefined) view.stack(true)
            else view.magnify(zoom)
          }}
          onFind={goTo}
        />
        <FlowTree
          place={place}
          flow={flow}
          view={view}
          marks={marks}
          trace={trace}
          selected={selected}
          onSelect={(node) => setSelected(node === selected ? undefined : node)}
        />
      </div>
      <div className="fw-flow-side">
        {!phone && detail}
        <ProblemsCard flow={flow} onSelect={goTo} />
        <FlowSettings flow={flow} />
        {!isAutomation(flow.definition) && (
          <SimulationPanel flow={flow} played={played} onPlayed={setPlayed} onSelect={goTo} />
        )}
      </div>
      {phone && (
        <Drawer
          open={selected !== undefined}
          placement="bottom"
          size="75%"
          title={title && titleOf(title)}
          onClose={close}
        >
          {detail}
        </Drawer>
      )}
    </div>
  )
}

/** Brings the card of a node before the reader's eyes once it is drawn. */
function useReveal(place: React.RefObject<HTMLElement | null>): (node: string) => void {
  const [shown, setShown] = useState<{ node: string } | undefined>()
  useEffect(() => {
    if (!shown) return
    const cards = place.current?.querySelectorAll<HTMLElement>('[data-node]') ?? []
    const card = [...cards].find((each) => each.dataset['node'] === shown.node)
    card?.scrollIntoView({ block: 'center', inline: 'center' })
    card?.focus({ preventScroll: true })
  }, [shown, place])
  return (node) => setShown({ node })
}

/** The largest size at which a tree is not wider than its place; undefined if it could not be read at that. */
function fitting(place: HTMLElement | null): number | undefined {
  const tree = place?.firstElementChild
  if (!place || !tree) return undefined
  const whole = tree.scrollWidth
  return zoomSteps.findLast((step) => whole * step <= place.clientWidth)
}
