import { queryOptions } from '@tanstack/react-query'
import { currentLanguage } from '@/lib/i18n'
import { ApiError, request, setCsrf } from './request'
import type { Person } from './wire'

export interface Tenant {
  name: string
  title: string
}

/** Who is signed in, to which company, and what the page needs to know about the installation. */
export interface Session {
  user: Person & { login: string }
  tenant: Tenant
  tenants: Tenant[]
  roles: string[]
  admin: boolean
  lang: string
  csrf: string
  /** What must be told about this installation: a demo, or a line that others can read. */
  banner?: string
  catalog: string
}

export interface SetupRequest {
  token: string
  company: Tenant
  admin: { login: string; name: string; password: string }
  lang: string
  template?: string
}

export interface SignIn {
  login: string
  password: string
  tenant?: string
}

/** A browser that is signed in with this account. */
export interface OpenSession {
  id: string
  agent: string
  seenAt: string
  endsAt: string
  current: boolean
}

async function opened(answer: Promise<Session>): Promise<Session> {
  const session = await answer
  setCsrf(session.csrf)
  return session
}

/** Nobody signed in is an empty answer, so that a browser's console shows no failed request. */
async function current(): Promise<Session> {
  const session = await request<Session | undefined>('/session', { anonymous: true })
  if (session) return session
  throw new ApiError(401, { code: 'unauthenticated' })
}

export const sessionQueries = {
  current: () =>
    queryOptions({
      queryKey: ['session'],
      queryFn: () => opened(current()),
      staleTime: Number.POSITIVE_INFINITY,
      retry: false,
    }),
  setup: () =>
    queryOptions({
      queryKey: ['setup'],
      queryFn: () => request<{ needed: boolean }>('/setup', { anonymous: true }),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  open: () =>
    queryOptions({
      queryKey: ['session', 'open'],
      queryFn: async () =>
        (await request<{ sessions: OpenSession[] }>('/account/sessions')).sessions,
    }),
}

export function signIn(credentials: SignIn): Promise<Session> {
  const body = { ...credentials, lang: currentLanguage() }
  return opened(request<Session>('/session', { method: 'POST', body, anonymous: true }))
}

export function signOut(): Promise<void> {
  return request('/session', { method: 'DELETE' })
}

export function setUp(body: SetupRequest): Promise<Session> {
  return opened(request<Session>('/setup', { method: 'POST', body, anonymous: true }))
}

export function switchTenant(tenant: string): Promise<Session> {
  return opened(request<Session>('/session/tenant', { method: 'PUT', body: { tenant } }))
}

export function changeAccount(body: { lang: string }): Promise<Session> {
  return opened(request<Session>('/account', { method: 'PATCH', body }))
}

export function changePassword(body: { current: string; new: string }): Promise<void> {
  return request('/account/password', { method: 'POST', body })
}

export function endSession(id: string): Promise<void> {
  return request(`/account/sessions/${encodeURIComponent(id)}`, { method: 'DELETE' })
}
