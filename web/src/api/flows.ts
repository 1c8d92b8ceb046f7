import { queryOptions } from '@tanstack/react-query'
import type { Titled } from '@/lib/texts'
import type { Finding } from './definitions'
import type { Flow } from './definitions.gen'
import { queryString, request } from './request'
import type { Person, Problem, Values } from './wire'

/** A flow in the list of those the reader administers. */
export interface FlowInfo extends Titled {
  name: string
  title: string
  entity: string
  /** Title of the entity. */
  of: string
  drafted: boolean
  /** Only the draft has it. */
  new: boolean
}

/** A flow with its draft, and what a check finds about what would be in force after a publish. */
export interface FlowDetail extends FlowInfo {
  published: Flow | null
  draft: Flow | null
  definition: Flow
  problems: Finding[]
  /** What the people of nodes are named by, by entry: "role:finance" → "Finance". */
  titles: Record<string, string>
  /** Its conditions for people, by source; those without a simple reading are not among them. */
  readings: Record<string, Reading>
  /** What its nodes do without people, by node; under "start" what starts it. */
  doings: Record<string, Doing>
  /** Where the webhooks of the company go, by name, as far as that is no secret. */
  targets: Record<string, string>
  /** The draft compiles: it can be simulated. */
  playable: boolean
  /** The reader may change the draft. */
  edit: boolean
  /** When the published flow runs next, if it has a schedule. */
  next?: string
}

/** A condition for people: the tree of its expression with titles; features/flows/condition-text.ts has the words. */
export interface Reading {
  op:
    | 'field'
    | 'own'
    | 'row'
    | 'none'
    | 'setting'
    | 'role'
    | 'value'
    | 'yes'
    | 'no'
    | 'filled'
    | 'empty'
    | 'eq'
    | 'ne'
    | 'lt'
    | 'le'
    | 'gt'
    | 'ge'
    | 'in'
    | 'and'
    | 'or'
    | 'not'
    | 'if'
    | 'nz'
    | 'add'
    | 'sub'
    | 'mul'
    | 'div'
    | 'mod'
    | 'pow'
    | 'neg'
    | 'call'
  path?: string
  title?: string
  type?: string
  unit?: string
  value?: string
  label?: string
  name?: string
  args?: Reading[]
}

/** An expression or filter for people; without a simple reading its source is shown. */
export interface Told {
  source: string
  told?: Reading
}

/** A value with the title of the field that takes it. */
export interface Given extends Told {
  name: string
}

/** What a node does without people, or what starts a flow; features/flows/doing-text.ts has the words. */
export interface Doing {
  do: 'create' | 'update' | 'void' | 'set' | 'webhook' | 'notify' | 'call' | 'wait' | 'start'
  /** Title of what is written, called for, or watched. */
  entity?: string
  /** Title of the sub-table for whose rows it is done. */
  each?: string
  one?: Told
  where?: Told
  values?: Given[]
  /** Titles of fields that must still hold what they held. */
  expect?: string[]
  /** Of a call: what is taken back. */
  back?: Given[]
  submit?: boolean
  reason?: Told
  to?: string[]
  name?: string
  title?: Told
  body?: Told
  until?: Told
  roles?: string[]
}

export type PlayVerb = 'approve' | 'reject' | 'return' | 'resubmit' | 'timeout' | 'stop'

/** What somebody does at a node of a simulation; whoever is not named approves. */
export interface Play {
  node: string
  user?: string
  do: PlayVerb
  to?: string
}

export interface SimulateBody {
  user: string
  record?: string
  values?: Values
  plays?: Play[]
  draft?: boolean
}

/** One look-up that decided where a run went. */
export interface TraceReason {
  at: string
  branch?: string
  when?: string
  /** The condition for people, if it has a simple reading. */
  told?: Reading
  /** What the condition read: texts of values, numbers of rows, null for what was missing. */
  reads?: Record<string, string | number | null>
  holds?: 'yes' | 'no' | 'failed'
  who?: string
  /** What who names, for people. */
  name?: string
  rule?: string
  people?: Person[]
  /** It rests on values the reader may not see. */
  hidden?: boolean
}

export interface TraceTask {
  user: Person
  by?: Person
  round: number
  status: string
  auto?: string
  kind?: string
}

export type PlaceStatus = 'done' | 'active' | 'waiting' | 'skipped'

export interface TraceNode {
  node: string
  title: string
  type: string
  status: PlaceStatus
  rounds: number
  branches?: { name: string; title: string; taken: boolean }[]
  tasks?: TraceTask[]
  auto?: { node: string; user?: string; reason: string }[]
  why?: TraceReason[]
}

/** Where a run went and why. */
export interface Trace {
  flow: string
  title: string
  status: string
  initiator: Person
  startedAt: string
  nodes: TraceNode[]
  steps: { at: string; type: string; actor: Person; node?: string; to?: string }[]
  incident?: { code: string; node?: string; problem?: string }[]
}

export interface Simulation extends Trace {
  /** For these the record would have been refused. */
  problems?: Problem[]
  refused?: string
}

/** A part of a variable's values. */
export interface TableRange {
  any?: boolean
  other?: boolean
  values?: string[]
  from?: string
  to?: string
  fromClosed?: boolean
  toClosed?: boolean
}

/** What conditions read: labels are the titles of its options. */
export interface TableVariable {
  path: string
  title: string
  type?: string
  unit?: string
  labels?: Record<string, string>
}

export interface ApproverTable {
  variables: TableVariable[]
  nodes: {
    node: string
    title: string
    type: string
    entries: { who: string; name?: string; people: Person[] }[]
  }[]
  rows: { when: TableRange[]; nodes: string[]; failed?: boolean }[]
  undecided?: string[]
  truncated?: boolean
}

export interface ReplayDifference {
  what: 'route' | 'status' | 'approvers' | 'value'
  node?: string
  field?: string
  was: unknown
  now: unknown
  cause: 'draft' | 'since'
  hidden?: boolean
}

export interface Replay {
  played: number
  differing: number
  runs: { record: string; text: string; differences: ReplayDifference[] }[]
  failed?: { record: string; code: string }[]
}

export interface ScenarioResult {
  name: string
  title?: string
  passed: boolean
  /** Nobody has the role it begins with: it was not played. */
  skipped?: boolean
  differences?: { what: string; node?: string; want?: string[]; got?: string[] }[]
}

/** A flow as one publish put it in force. */
export interface PastFlow {
  number: number
  at: string
  by: string
  note?: string
  definition: Flow | null
  readings: Record<string, Reading>
}

function path(name: string, rest = ''): string {
  return `/flows/${encodeURIComponent(name)}${rest}`
}

export const flowQueries = {
  all: () => queryOptions({ queryKey: ['flows'], queryFn: () => request<FlowInfo[]>('/flows') }),
  one: (name: string) =>
    queryOptions({ queryKey: ['flows', name], queryFn: () => request<FlowDetail>(path(name)) }),
  people: (name: string, q: string) =>
    queryOptions({
      queryKey: ['flows', name, 'people', q],
      queryFn: () => request<Person[]>(path(name, '/people') + queryString({ q })),
    }),
  versions: (name: string) =>
    queryOptions({
      queryKey: ['flows', name, 'versions'],
      queryFn: () => request<PastFlow[]>(path(name, '/versions')),
    }),
  table: (name: string, user: string, draft: boolean) =>
    queryOptions({
      queryKey: ['flows', name, 'table', user, draft],
      queryFn: () =>
        request<ApproverTable>(
          path(name, '/approvers-table') + queryString({ user, draft: draft ? 'true' : undefined }),
        ),
    }),
  explain: (entity: string, id: string) =>
    queryOptions({
      queryKey: ['records', entity, 'explain', id],
      queryFn: () =>
        request<Trace>(`/entities/${entity}/records/${encodeURIComponent(id)}/explain`),
    }),
}

export function simulate(name: string, body: SimulateBody): Promise<Simulation> {
  return request(path(name, '/simulate'), { method: 'POST', body })
}

export function replay(name: string, limit: number): Promise<Replay> {
  return request(path(name, '/replay'), { method: 'POST', body: { limit } })
}

export async function playScenarios(name: string, draft: boolean): Promise<ScenarioResult[]> {
  const answer = await request<{ scenarios: ScenarioResult[] }>(path(name, '/scenarios'), {
    method: 'POST',
    body: { draft },
  })
  return answer.scenarios
}
