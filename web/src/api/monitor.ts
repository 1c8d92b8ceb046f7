import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { queryString, request } from './request'
import type { BatchAnswer, Task } from './tasks'
import type { Person } from './wire'

export interface FlowLoad {
  flow: string
  title: string
  entity: string
  running: number
  returned: number
  suspended: number
  overdue: number
  /** What the reader may do with its runs: migrate. */
  can: string[]
}

export interface NodeLoad {
  flow: string
  node: string
  title: string
  open: number
  overdue: number
  oldest?: string
  handled: number
  /** Seconds from arrival to decision in the last 30 days, a decimal. */
  average?: string
}

export interface PersonLoad {
  user: Person
  open: number
  overdue: number
}

export interface Monitor {
  flows: FlowLoad[]
  nodes: NodeLoad[]
  people: PersonLoad[]
}

export type RunState = 'running' | 'returned' | 'suspended'

/** An open task with what the reader may do with it: reassign. */
export interface OpenTask extends Task {
  can: string[]
}

export interface Run extends Task {
  /** What the reader may do with it: retry, terminate. */
  can: string[]
  /** The nodes it rests on. */
  steps: { name: string; title: string }[]
  incident?: { code: string; node: string; problem?: string; message?: string }
}

/** A run that cannot be moved, and why; without a subject the reader may not see it. */
export interface RefusedRun {
  entity: string
  record: string
  subject: string
  code: string
  params?: Record<string, unknown>
}

export interface MigrationPreview {
  flow: string
  version: string
  present: number
  ready: number
  count: number
  refused: RefusedRun[]
  nodes: { node: string; title: string; to: string; runs: number }[]
  targets: { name: string; title: string }[]
  more: boolean
}

/** A migration that was started: how far it is, and what it could not move. */
export interface Migration {
  id: string
  status: 'running' | 'done'
  done: number
  /** How many were refused; the first of them are told. */
  count: number
  refused: RefusedRun[]
}

/** How often a migration under way is looked at, in milliseconds. */
const pollEvery = 700

export const monitorQueries = {
  all: () =>
    queryOptions({
      queryKey: ['tasks', 'monitor'],
      queryFn: () => request<Monitor>('/flows/monitor'),
    }),
  runs: (flow: string, state: RunState | '') =>
    infiniteQueryOptions({
      queryKey: ['tasks', 'runs', flow, state],
      queryFn: ({ pageParam }) =>
        request<{ runs: Run[]; next: string }>(
          `/flows/runs${queryString({ flow, state, after: pageParam })}`,
        ),
      initialPageParam: '',
      getNextPageParam: (page) => page.next || undefined,
    }),
  tasks: (search: { flow?: string; user?: string; overdue?: boolean }) =>
    infiniteQueryOptions({
      queryKey: ['tasks', 'administered', search],
      queryFn: ({ pageParam }) =>
        request<{ tasks: OpenTask[]; next: string }>(
          `/flows/tasks${queryString({
            ...search,
            overdue: search.overdue ? 'true' : undefined,
            after: pageParam,
          })}`,
        ),
      initialPageParam: '',
      getNextPageParam: (page) => page.next || undefined,
    }),
  migration: (flow: string, map: Record<string, string>) =>
    queryOptions({
      queryKey: ['migration', flow, map],
      queryFn: () =>
        request<MigrationPreview>(`/flows/${flow}/migration`, { method: 'POST', body: { map } }),
    }),
  /** A migration that was started, until it is done. */
  started: (flow: string, id: string) =>
    queryOptions({
      queryKey: ['migrations', flow, id],
      queryFn: async () => {
        const all = await request<Migration[]>(`/flows/${flow}/migrations`)
        return all.find((each) => each.id === id) ?? null
      },
      refetchInterval: ({ state }) => (state.data?.status === 'done' ? false : pollEvery),
    }),
}

export function reassign(
  body: { tasks: string[]; to: string; comment: string },
  key: string,
): Promise<BatchAnswer> {
  return request('/flows/reassign', { method: 'POST', body, idempotencyKey: key })
}

export function migrate(
  flow: string,
  body: { map: Record<string, string>; comment: string },
  key: string,
): Promise<Migration> {
  return request(`/flows/${flow}/migrate`, { method: 'POST', body, idempotencyKey: key })
}
