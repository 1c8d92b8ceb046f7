import type { Finding } from '@/api/definitions'
import type { Branch, Flow, Node } from '@/api/definitions.gen'

/** Every node of a flow with its JSON pointer, in document order. */
export function placesOf(flow: Flow): { node: Node; pointer: string }[] {
  const inside = (nodes: readonly Node[], at: string): { node: Node; pointer: string }[] =>
    nodes.flatMap((node, i) => [
      { node, pointer: `${at}/${i}` },
      ...(node.branches ?? []).flatMap((branch: Branch, k) =>
        inside(branch.nodes, `${at}/${i}/branches/${k}/nodes`),
      ),
    ])
  return inside(flow.nodes, '/nodes')
}

/** The branch nodes a node stands in, the outermost first: their conditions decided whether a run came to it. */
export function branchesAround(flow: Flow, name: string): Node[] {
  const places = placesOf(flow)
  const at = places.find(({ node }) => node.name === name)?.pointer ?? ''
  return places
    .filter(({ pointer }) => at.startsWith(`${pointer}/branches/`))
    .map(({ node }) => node)
}

/** The branches a node stands in, the outermost first, each told by its branch node and its own name: "amount/big". */
export function waysTo(flow: Flow, name: string): string[] {
  const inside = (nodes: readonly Node[]): string[] | undefined => {
    for (const node of nodes) {
      if (node.name === name) return []
      for (const branch of node.branches ?? []) {
        const way = inside(branch.nodes)
        if (way) return [wayKey(node, branch), ...way]
      }
    }
    return undefined
  }
  return inside(flow.nodes) ?? []
}

/** Tells a branch from all others of a flow. */
export function wayKey(node: Node, branch: Branch): string {
  return `${node.name}/${branch.name}`
}

/** How many nodes stand in a list, those in branches too. */
export function countNodes(nodes: readonly Node[]): number {
  return nodes.reduce(
    (sum, node) =>
      sum +
      1 +
      (node.branches ?? []).reduce((inner, branch) => inner + countNodes(branch.nodes), 0),
    0,
  )
}

/** Findings by the name of the innermost node they are about; '' for those about the flow as a whole. */
export function findingsByNode(flow: Flow, findings: readonly Finding[]): Map<string, Finding[]> {
  const places = placesOf(flow)
  const byNode = new Map<string, Finding[]>()
  for (const finding of findings) {
    const about = places
      .filter(({ pointer }) => finding.path === pointer || finding.path.startsWith(`${pointer}/`))
      .sort((a, b) => b.pointer.length - a.pointer.length)[0]
    const name = about?.node.name ?? ''
    byNode.set(name, [...(byNode.get(name) ?? []), finding])
  }
  return byNode
}

/** Whether a flow starts by itself or by a button, so that nobody submits it. */
export function isAutomation(flow: Flow): boolean {
  const { on, schedule, webhook } = flow.start ?? {}
  return Boolean(schedule || webhook) || (on !== undefined && !on.includes('submit'))
}

/** Whether a node asks people to do something, so that a simulation can say what they do. */
export function asks(node: Node): boolean {
  return node.type === 'approve' || node.type === 'handle'
}

/** One difference between two versions of a flow. */
export interface FlowChange {
  /** Name of the node, '' for the flow itself. */
  node: string
  kind: 'added' | 'removed' | 'moved' | 'changed'
  /** Of a change: the key that differs. */
  key?: string
  /** Of a change of a branch's condition: the branch. */
  branch?: Branch
  from?: unknown
  to?: unknown
}

/** What differs between two versions of a flow, told by its nodes. */
export function changesBetween(before: Flow, after: Flow): FlowChange[] {
  const old = new Map(placesOf(before).map((place) => [place.node.name, place]))
  const now = new Map(placesOf(after).map((place) => [place.node.name, place]))
  const changes: FlowChange[] = keysThatDiffer(before, after, ['nodes'], '')
  for (const name of old.keys()) if (!now.has(name)) changes.push({ node: name, kind: 'removed' })
  const order = [...old.keys()].filter((name) => now.has(name))
  const orderNow = [...now.keys()].filter((name) => old.has(name))
  for (const [name, place] of now) {
    const was = old.get(name)
    if (!was) {
      changes.push({ node: name, kind: 'added' })
      continue
    }
    if (order.indexOf(name) !== orderNow.indexOf(name)) changes.push({ node: name, kind: 'moved' })
    changes.push(...keysThatDiffer(withoutNodes(was.node), withoutNodes(place.node), [], name))
    changes.push(...conditionsThatDiffer(was.node, place.node))
  }
  return changes
}

/** Where the condition of a branch is another: told one by one, as conditions are. */
function conditionsThatDiffer(before: Node, after: Node): FlowChange[] {
  const old = new Map((before.branches ?? []).map((branch) => [branch.name, branch]))
  return (after.branches ?? []).flatMap((branch) => {
    const was = old.get(branch.name)
    if (!was || was.when === branch.when) return []
    return [
      { node: after.name, kind: 'changed', key: 'when', branch, from: was.when, to: branch.when },
    ]
  })
}

/** A node whose branches are told without what stands in them, and their conditions: those are told by themselves. */
function withoutNodes(node: Node): Record<string, unknown> {
  const { branches, ...rest } = node
  if (!branches) return rest
  return { ...rest, branches: branches.map(({ nodes: _, when: __, ...branch }) => branch) }
}

function keysThatDiffer(
  before: object,
  after: object,
  except: readonly string[],
  node: string,
): FlowChange[] {
  const old = before as Record<string, unknown>
  const now = after as Record<string, unknown>
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((key) => !except.includes(key) && JSON.stringify(old[key]) !== JSON.stringify(now[key]))
    .map((key) => ({ node, kind: 'changed' as const, key, from: old[key], to: now[key] }))
}

/** A value of a definition in one line. */
export function inLine(value: unknown): string {
  if (value === undefined || value === null) return '—'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const shortLength = 160

/** The same, cut where nobody would read on: the whole value stands in the definition. */
export function inShort(value: unknown): string {
  const line = inLine(value)
  return line.length > shortLength ? `${line.slice(0, shortLength)}…` : line
}
