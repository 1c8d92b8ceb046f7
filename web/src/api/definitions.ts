import { queryOptions } from '@tanstack/react-query'
import type { Titled } from '@/lib/texts'
import { request } from './request'

/** A line of the list of definitions. */
export interface DefinitionInfo extends Titled {
  kind: string
  name: string
  hash: string
  template?: string
  changed?: boolean
}

/** What is edited but not live, by "kind folder/name"; null marks one that will be removed. */
export interface Draft {
  definitions: Record<string, unknown>
  base: string | number
}

/** Something the check before publishing found. */
export interface Finding {
  ref?: string
  path?: string
  code: string
  level?: 'error' | 'warning'
  params?: Record<string, unknown>
}

export interface CatalogVersion {
  version: number
  note?: string
  publishedBy?: { id: string; name: string } | string
  publishedAt?: string
  active?: boolean
}

export const definitionQueries = {
  all: () =>
    queryOptions({
      queryKey: ['definitions'],
      queryFn: () => request<DefinitionInfo[]>('/definitions'),
    }),
  one: (kind: string, name: string) =>
    queryOptions({
      queryKey: ['definitions', kind, name],
      queryFn: () => request<unknown>(`/definitions/${kind}/${encodeURIComponent(name)}`),
    }),
  draft: () => queryOptions({ queryKey: ['draft'], queryFn: () => request<Draft>('/draft') }),
  versions: () =>
    queryOptions({ queryKey: ['versions'], queryFn: () => request<CatalogVersion[]>('/versions') }),
}

export function putDraft(kind: string, name: string, definition: unknown): Promise<void> {
  return request(`/draft/${kind}/${encodeURIComponent(name)}`, { method: 'PUT', body: definition })
}

export function dropFromDraft(kind: string, name: string): Promise<void> {
  return request(`/draft/${kind}/${encodeURIComponent(name)}`, { method: 'DELETE' })
}

export function discardDraft(): Promise<void> {
  return request('/draft', { method: 'DELETE' })
}

export function checkDraft(): Promise<{ problems: Finding[] }> {
  return request('/draft/check', { method: 'POST', body: {} })
}

export function publishDraft(
  body: { note: string; accept: string[] },
  key: string,
): Promise<{ version: number }> {
  return request('/draft/publish', { method: 'POST', body, idempotencyKey: key })
}

export function publishAgain(version: number, key: string): Promise<unknown> {
  return request(`/versions/${version}/publish`, { method: 'POST', body: {}, idempotencyKey: key })
}
