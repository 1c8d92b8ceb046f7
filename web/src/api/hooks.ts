import { queryOptions } from '@tanstack/react-query'
import { request } from './request'

/** What became of a call from outside; no code: it was accepted. */
export interface PastCall {
  at: string
  /** As the caller named it. */
  id: string
  code?: string
  run?: string
  /** The same call had come before, so nothing was started. */
  replay?: true
  /** The beginning of what was sent, secrets masked; absent where the signature was wrong. */
  body?: string
}

/** An inbound webhook: a flow that starts when somebody outside calls. */
export interface Hook {
  name: string
  flow: string
  title: string
  /** When its secret was made; without one it takes no calls. */
  since?: string
  /** The secret cannot be read here: no calls are taken until there is a new one. */
  sealed?: true
  /** Where to call, below the address of the server. */
  path: string
  /** The last ones, newest first. */
  calls: PastCall[]
}

export const hookQueries = {
  all: () =>
    queryOptions({
      queryKey: ['hooks'],
      queryFn: async () => (await request<{ hooks: Hook[] }>('/hooks')).hooks,
    }),
}

/** Gives a hook a new secret; the old one counts no more. It is never shown again. */
export function renewSecret(name: string): Promise<{ secret: string; path: string }> {
  return request(`/hook-secrets/${name}`, { method: 'POST' })
}
