import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { queryString, request } from './request'

/** A flow the reader may start on a record. */
export interface FlowButton {
  flow: string
  title: string
}

/** Something a flow has still to deliver, or has given up. */
export interface FlowEffect {
  n: number
  kind: 'action' | 'call' | 'cancel_child' | 'tell_parent' | 'reverse'
  node?: string
  do?: string
  /** Entity, receiver or flow. */
  to?: string
  /** Title of the entity or flow. */
  label?: string
  attempts?: number
  error?: string
  next?: string
  dead?: boolean
}

/** A run of an automation about a record. */
export interface AutomationRun {
  id: string
  flow: string
  title: string
  trigger: string
  status: string
  incident?: string
  startedAt: string
  endedAt?: string
  /** The record it is about. */
  entity?: string
  record?: string
}

export const automationQueries = {
  runs: (flow: string) =>
    infiniteQueryOptions({
      queryKey: ['automations', flow],
      queryFn: ({ pageParam }) =>
        request<{ runs: AutomationRun[]; next: string }>(
          `/automations${queryString({ flow, after: pageParam })}`,
        ),
      initialPageParam: '',
      getNextPageParam: (page) => page.next || undefined,
    }),
  buttons: (entity: string, id: string) =>
    queryOptions({
      queryKey: ['records', entity, 'buttons', id],
      queryFn: async () => {
        const answer = await request<{ buttons: FlowButton[] }>(
          `/entities/${entity}/records/${id}/buttons`,
        )
        return answer.buttons
      },
    }),
}

/** Starts a flow on a record; with one key it starts once. */
export function pressButton(entity: string, id: string, flow: string, key: string) {
  return request<{ run: string }>(`/entities/${entity}/records/${id}/buttons/${flow}`, {
    method: 'POST',
    idempotencyKey: key,
  })
}

/** Has something delivered again that failed. */
export function retryEffect(entity: string, id: string, n: number) {
  return request<void>(`/entities/${entity}/records/${id}/effects/${n}/retry`, { method: 'POST' })
}
