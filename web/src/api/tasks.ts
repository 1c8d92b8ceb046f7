import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { TaskTab } from '@/lib/task-tab'
import type { FlowView, StoredRecord, TimelineEntry } from './records'
import { queryString, request } from './request'
import type { TaskVerb, VerbInput } from './verbs'
import type { Person, Values, Wire } from './wire'

/** Work that waits for a person, or something he started, handled or was told about. */
export interface Task {
  id: string
  tab: TaskTab
  entity: string
  entityTitle: string
  record: string
  flow: string
  node?: string
  nodeTitle?: string
  subject: string
  summary: { field: string; title: string; value: Wire; type: string }[]
  initiator: Person
  /** Whose task it is, where it is not the reader's own. */
  for?: Person
  arrivedAt?: string
  dueAt?: string
  doneAt?: string
  decision?: string
  unread?: boolean
  state?: string
}

export interface TaskCounts {
  open: number
  handle: number
  cc: number
  proxied: number
  overdue: number
}

export interface TaskDetail {
  task: Task
  record: StoredRecord
  flow: FlowView | null
  entries: TimelineEntry[]
  seen: string
  previous?: string
  next?: string
}

export interface Decision extends VerbInput {
  values?: Values
  seen?: string
  acknowledged?: Record<string, string>
}

export interface DecisionAnswer {
  status: string
  /** The reader's open task that has waited longest; missing if there is none. */
  next?: string
}

/** What of a list is wanted, and in which order. Days are of the company's time zone. */
export interface TaskSearch {
  q?: string
  entity?: string
  initiator?: string
  from?: string
  to?: string
  overdue?: boolean
  sort?: string
}

/** What a batch did, and what it passed over and why. */
export interface BatchAnswer {
  done: number
  skipped: { task: string; code: string; params?: Record<string, unknown> }[]
}

/** What can be done to many tasks at once. */
export type BatchVerb = 'approve' | 'reject' | 'read'

export function decideMany(
  body: { tasks: string[]; verb: BatchVerb; comment?: string },
  key: string,
): Promise<BatchAnswer> {
  return request('/tasks/batch', { method: 'POST', body, idempotencyKey: key })
}

export const taskQueries = {
  list: (tab: TaskTab, search: TaskSearch) =>
    infiniteQueryOptions({
      queryKey: ['tasks', 'list', tab, search],
      queryFn: ({ pageParam }) =>
        request<{ tasks: Task[]; next: string }>(
          `/tasks${queryString({
            tab,
            ...search,
            overdue: search.overdue ? 'true' : undefined,
            after: pageParam,
          })}`,
        ),
      initialPageParam: '',
      getNextPageParam: (page) => (page.next ? page.next : undefined),
    }),
  counts: () =>
    queryOptions({
      queryKey: ['tasks', 'counts'],
      queryFn: () => request<TaskCounts>('/tasks/counts'),
    }),
  one: (id: string) =>
    queryOptions({
      queryKey: ['tasks', 'one', id],
      queryFn: () => request<TaskDetail>(`/tasks/${encodeURIComponent(id)}`),
    }),
}

export function decide(
  id: string,
  verb: TaskVerb,
  body: Decision,
  key: string,
): Promise<DecisionAnswer> {
  return request(`/tasks/${encodeURIComponent(id)}/${verb}?next=true`, {
    method: 'POST',
    body,
    idempotencyKey: key,
  })
}

export function markRead(id: string, key: string): Promise<unknown> {
  return request(`/tasks/${encodeURIComponent(id)}/read`, {
    method: 'POST',
    body: {},
    idempotencyKey: key,
  })
}
