import { queryOptions } from '@tanstack/react-query'
import { request } from './request'
import type { Person } from './wire'

/** Somebody acts for a principal from start until before end. */
export interface GivenProxy {
  id: string
  rev: number
  principal: Person
  to: Person
  /** Empty for every flow. */
  flows: string[]
  start: string
  end: string
  reason?: string
  active: boolean
}

export interface NewProxy {
  principal?: string
  to: string
  start: string
  end: string
  reason?: string
}

export const proxyQueries = {
  mine: () =>
    queryOptions({ queryKey: ['proxies'], queryFn: () => request<GivenProxy[]>('/proxies') }),
}

export function addProxy(body: NewProxy, key: string): Promise<GivenProxy> {
  return request('/proxies', { method: 'POST', body, idempotencyKey: key })
}

export function endProxy(id: string): Promise<void> {
  return request(`/proxies/${encodeURIComponent(id)}`, { method: 'DELETE' })
}
