import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { AutomationRun, FlowEffect } from './automations'
import { queryString, request } from './request'
import type { Possible, RunVerb, VerbInput } from './verbs'
import type { Person, Values } from './wire'

/** What the reader may do with a record now. */
export type RecordAction =
  | 'update'
  | 'submit'
  | 'delete'
  | 'void'
  | 'withdraw'
  | 'resubmit'
  | 'cancel'
  | 'copy'

/** One stored thing of an entity, as the reader may see it. */
export interface StoredRecord {
  id: string
  entity: string
  rev: number
  state?: string
  values: Values
  /** Display texts of what the values refer to: "project/01J" or "user/01J" → text. */
  refs?: Record<string, string>
  /** In lists: what the view shows from behind references, by path ("team.foreman"). */
  related?: Values
  masked?: string[]
  can?: RecordAction[]
  createdBy?: string
  createdAt?: string
  updatedBy?: string
  updatedAt?: string
}

export interface FlowNode {
  node: string
  title: string
}

/** A run of a flow on a record, as the reader may see it. */
export interface FlowView {
  name: string
  title: string
  status: string
  rev: number
  subject?: string
  initiator?: Person
  startedAt?: string
  /** Who was sent a copy, and whether he has opened it. */
  copies?: { user: Person; read: boolean }[]
  active: (FlowNode & {
    /** arrivedAt is absent while it is not the person's turn. */
    tasks: { id: string; user: Person; status: string; arrivedAt?: string }[]
  })[]
  /** The reader's own open task, if he has one. */
  mine?: {
    task: string
    node: string
    title: string
    /** approve, reject, return, save; resubmit for what was returned to him; and verbs this page does not offer. */
    verbs: string[]
    returnTo: { name: string; title: string }[]
    commentRequired: string[]
    fields: Record<string, 'w' | 'r' | '-'>
  } | null
  verbs: string[]
  /** All the reader may do now, with what each needs. */
  can: Possible[]
  path: (FlowNode & { type: string; status: 'done' | 'active' | 'waiting' | 'skipped' })[]
  incident?: { code: string; node?: string; problem?: string; message?: string }
  /** What is not delivered yet. */
  effects?: FlowEffect[]
}

/** Something that happened to a record. */
export interface TimelineEntry {
  seq: number
  at: string
  type: string
  actor: Person
  node?: string
  nodeTitle?: string
  round?: number
  comment?: string
  /** Why it was decided without a person. */
  auto?: string
  /** What a deadline did: remind, pass, reject, return, or transfer:… with to whom. */
  do?: string
  /** Where it was returned to. */
  to?: string
  users?: Person[]
  /** Whose task it was, when somebody stood in for him. */
  for?: Person
  /** What he attached. */
  files?: { id: string; name: string }[]
  /** The signature he drew. */
  sign?: string
  /** He gave his password. */
  confirmed?: boolean
  changes?: { field: string; from?: unknown; to?: unknown }[]
  reasons?: Record<string, string>
  /** What was delivered or tried outside the record. */
  sent?: FlowEffect[]
  /** The effect of a flow this write was. */
  cause?: string
  /** Why a record counts that was never approved: the version of the definitions that introduced approval. */
  publish?: number
}

export interface Timeline {
  flow: FlowView | null
  entries: TimelineEntry[]
  /** Automations about the record, newest first. */
  runs?: AutomationRun[]
}

export interface RecordPage {
  records: StoredRecord[]
  next: string
  count?: { n: number; more: boolean }
  totals?: Record<string, string>
  narrowed?: string[]
}

/** A filter tree of definitions.md §6. */
export type Filter =
  | { and: Filter[] }
  | { or: Filter[] }
  | { not: Filter }
  | { field: string; op: string; value: unknown }

export interface RecordSearch {
  view?: string
  filter?: Filter
  q?: string
  sort?: string
  limit?: number
}

/** One thing a picker offers. */
export interface Choice {
  id: string
  text: string
  summary?: string[]
  disabled?: boolean
}

export interface ChoiceRequest {
  field: string
  q?: string
  values: Values
  row?: Values
  after?: string
  /** At most 100. */
  limit?: number
}

/** Commands on a record besides creating, changing and deleting it. */
export type RecordCommand = RunVerb | 'void' | 'restore'

export interface CommandBody extends VerbInput {
  values?: Values
  reason?: string
  acknowledged?: Record<string, string>
}

function path(entity: string, id?: string): string {
  const records = `/entities/${entity}/records`
  return id === undefined ? records : `${records}/${encodeURIComponent(id)}`
}

function page(entity: string, search: RecordSearch, after: string): Promise<RecordPage> {
  return request(
    path(entity) +
      queryString({
        view: search.view,
        filter: search.filter ? JSON.stringify(search.filter) : undefined,
        q: search.q,
        sort: search.sort,
        limit: search.limit,
        after,
        count: after === '' ? 1 : undefined,
      }),
  )
}

export const recordQueries = {
  list: (entity: string, search: RecordSearch) =>
    infiniteQueryOptions({
      queryKey: ['records', entity, 'list', search],
      queryFn: ({ pageParam }) => page(entity, search, pageParam),
      initialPageParam: '',
      getNextPageParam: (last) => (last.next ? last.next : undefined),
    }),
  one: (entity: string, id: string) =>
    queryOptions({
      queryKey: ['records', entity, 'one', id],
      queryFn: () => request<StoredRecord>(path(entity, id)),
    }),
  timeline: (entity: string, id: string) =>
    queryOptions({
      queryKey: ['records', entity, 'timeline', id],
      queryFn: () => request<Timeline>(`${path(entity, id)}/timeline`),
    }),
}

/** Records for a fill button of a form; not kept, the answer goes straight into rows. */
export function findRecords(entity: string, search: RecordSearch): Promise<RecordPage> {
  return page(entity, search, '')
}

export interface CreateBody {
  values: Values
  submit?: boolean
  acknowledged?: Record<string, string>
}

export function createRecord(entity: string, body: CreateBody, key: string): Promise<StoredRecord> {
  return request(path(entity), { method: 'POST', body, idempotencyKey: key })
}

export interface ChangeBody {
  values: Values
  acknowledged?: Record<string, string>
}

export function changeRecord(record: StoredRecord, body: ChangeBody): Promise<StoredRecord> {
  return request(path(record.entity, record.id), { method: 'PATCH', body, ifMatch: record.rev })
}

export function commandRecord(
  record: StoredRecord,
  command: RecordCommand,
  body: CommandBody,
  key: string,
): Promise<StoredRecord> {
  return request(`${path(record.entity, record.id)}/${command}`, {
    method: 'POST',
    body,
    idempotencyKey: key,
    ...(body.values ? { ifMatch: record.rev } : {}),
  })
}

export function deleteRecord(record: StoredRecord): Promise<void> {
  return request(path(record.entity, record.id), { method: 'DELETE', ifMatch: record.rev })
}

export function findChoices(
  entity: string,
  body: ChoiceRequest,
  signal: AbortSignal,
): Promise<{ items: Choice[]; next: string }> {
  return request(`/entities/${entity}/choices`, { method: 'POST', body, signal })
}

/** Answers what the form engine asks about other records; both are opaque here (engine/form contract). */
export function answerAsks(entity: string, asks: readonly unknown[]): Promise<unknown> {
  return request(`/entities/${entity}/related`, { method: 'POST', body: { asks }, unasked: true })
}
