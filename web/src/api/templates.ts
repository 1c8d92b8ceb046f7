import { queryOptions } from '@tanstack/react-query'
import type { Titled } from '@/lib/texts'
import { request } from './request'

export interface Template extends Titled {
  name: string
  version: string
  description?: string
  /** The version the company has. */
  installed?: string
}

export const templateQueries = {
  all: () =>
    queryOptions({ queryKey: ['templates'], queryFn: () => request<Template[]>('/templates') }),
}

export function installTemplate(name: string, key: string): Promise<unknown> {
  return request(`/templates/${encodeURIComponent(name)}/install`, {
    method: 'POST',
    body: {},
    idempotencyKey: key,
  })
}
