import { queryOptions } from '@tanstack/react-query'
import type { Titled } from '@/lib/texts'
import { request } from './request'
import type { Person } from './wire'

/** A person of this company. */
export interface Member {
  user: string
  rev: number
  account: { login: string }
  name: string
  roles: string[]
  department?: string
  email?: string
  disabled: boolean
}

export interface NewMember {
  login: string
  name: string
  password?: string
  email?: string
  roles: string[]
}

export interface MemberPatch {
  name?: string
  email?: string
  roles?: string[]
  disabled?: boolean
}

export interface RoleChoice extends Titled {
  name: string
}

/** A generated password comes once, in the answer to the command that made it. */
export interface WithPassword {
  password?: string
}

/** What a member holds that somebody must take over when he leaves. */
export interface Holdings {
  taskCount: number
  /** The first of them. */
  tasks: {
    id: string
    entity: string
    record: string
    subject: string
    node?: string
    nodeTitle?: string
  }[]
  roles: string[]
  references: {
    path: string
    entityTitle: string
    fieldTitle: string
    count: number
    records: { id: string; name: string }[]
  }[]
  /** Proxies he gave or was given that have not ended. */
  proxies: { id: string; principal: Person; to: Person; end: string }[]
  /** Flows whose definition names him. */
  flows: { id: string; name: string }[]
}

export interface HandoverBody {
  to: string
  tasks: boolean
  roles: string[]
  references: string[]
  /** End those he gave and was given. */
  proxies: boolean
  comment?: string
}

export type HandedKind = 'task' | 'role' | 'reference' | 'proxy'

export interface HandoverAnswer {
  done: number
  /** How many of each; of tasks: on how many records. */
  given: Partial<Record<HandedKind, number>>
  failed: {
    what: HandedKind
    entity?: string
    record?: string
    name?: string
    code: string
    params?: Record<string, unknown>
  }[]
}

export const memberQueries = {
  holdings: (user: string) =>
    queryOptions({
      queryKey: ['members', 'holdings', user],
      queryFn: () => request<Holdings>(`/members/${encodeURIComponent(user)}/handover`),
    }),
  all: () => queryOptions({ queryKey: ['members'], queryFn: () => request<Member[]>('/members') }),
  roles: () =>
    queryOptions({ queryKey: ['roles'], queryFn: () => request<RoleChoice[]>('/roles') }),
}

export function addMember(body: NewMember, key: string): Promise<WithPassword> {
  return request('/members', { method: 'POST', body, idempotencyKey: key })
}

export function changeMember(member: Member, body: MemberPatch): Promise<Member> {
  return request(`/members/${encodeURIComponent(member.user)}`, {
    method: 'PATCH',
    body,
    ifMatch: member.rev,
  })
}

export function resetPassword(user: string, key: string): Promise<WithPassword> {
  return request(`/members/${encodeURIComponent(user)}/password`, {
    method: 'POST',
    body: {},
    idempotencyKey: key,
  })
}

export function handOver(user: string, body: HandoverBody, key: string): Promise<HandoverAnswer> {
  return request(`/members/${encodeURIComponent(user)}/handover`, {
    method: 'POST',
    body,
    idempotencyKey: key,
  })
}
