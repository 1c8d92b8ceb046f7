import { queryOptions } from '@tanstack/react-query'
import type { PatchStep } from '@/lib/json-patch'
import type { Titled } from '@/lib/texts'
import { request } from './request'

/** A line of the list of definitions. */
export interface DefinitionInfo extends Titled {
  kind: string
  name: string
  hash: string
  template?: string
  /** It differs from the template's, or is the company's own. */
  changed: boolean
  /** The draft changes or removes it. */
  drafted: boolean
}

/** What is edited but not live, by "kind folder/name"; null marks one that will be removed. */
export interface Draft {
  definitions: Record<string, unknown>
  base: string
}

/** Something the check before publishing found. */
export interface Finding {
  ref: string
  path: string
  code: string
  level: 'error' | 'warning'
  params?: Record<string, unknown>
  /** What would solve it, as a patch of the definition. */
  fix?: PatchStep[]
}

/** Something that was published; the one with the highest number is in force. */
export interface Published {
  number: number
  version: string
  note?: string
  /** Id of the user, or "system". */
  by: string
  at: string
  /** Of a rollback: the number of the older one that was published again. */
  again?: number
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
    queryOptions({ queryKey: ['versions'], queryFn: () => request<Published[]>('/versions') }),
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
): Promise<Published> {
  return request('/draft/publish', { method: 'POST', body, idempotencyKey: key })
}

export function publishAgain(
  number: number,
  body: { accept: string[] },
  key: string,
): Promise<Published> {
  return request(`/versions/${number}/publish`, { method: 'POST', body, idempotencyKey: key })
}
