import { currentLanguage } from '@/lib/i18n'
import { uuid } from '@/lib/id'
import { noteReached } from '@/lib/reach'
import { noteServerTime } from '@/lib/server-time'
import type { Problem } from './wire'

/** What the server (or the way to it) refused. Code is stable and translated by lib/problems. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string
  readonly problems: Problem[]
  readonly params: Record<string, unknown>
  /** Of definitions: what is wrong, where in which of them. */
  readonly findings: NonNullable<ProblemBody['findings']>
  readonly requestId: string | undefined
  /** Of a conflict: the record as it is stored now. */
  readonly current: unknown

  constructor(status: number, body: ProblemBody) {
    super(`${status} ${body.code}`)
    this.status = status
    this.code = body.code
    this.problems = body.problems ?? []
    this.params = body.params ?? {}
    this.findings = body.findings ?? []
    this.requestId = body.requestId
    this.current = body.current
  }
}

/** A refusal as it comes over the wire. */
export interface ProblemBody {
  code: string
  problems?: Problem[]
  params?: Record<string, unknown>
  findings?: {
    ref: string
    path: string
    code: string
    level?: 'error' | 'warning'
    params?: Record<string, unknown>
  }[]
  requestId?: string | undefined
  current?: unknown
}

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  body?: unknown
  /** Revision the caller read; the server refuses the write when the record has moved on. */
  ifMatch?: number | undefined
  /** Makes a repeated command count once; see Attempt. */
  idempotencyKey?: string
  signal?: AbortSignal
  /** Set for the requests that make a session: their 401 is an answer, not an expired session. */
  anonymous?: boolean
  /** Set for what the page asks by itself: who has refused to sign in again is not asked for that, over and over. */
  unasked?: boolean
}

/** How the app lets a person sign in again without leaving what he typed. Resolves to false if he gives up. */
type Reauthenticate = () => Promise<boolean>

let csrf = ''
let reauthenticate: Reauthenticate = async () => false
let pending: Promise<boolean> | undefined
let declined = false

/** Remembers the token that proves a write comes from this page. */
export function setCsrf(token: string): void {
  csrf = token
}

/** Registers what to do when the session has ended; one dialog serves all requests that wait. */
export function onSessionEnd(handler: Reauthenticate): void {
  reauthenticate = handler
}

const base = '/api/v1'

/** How long an answer is waited for, in milliseconds; the server itself gives up after half of it. */
const patience = 60_000

/** Sends a request and returns its JSON answer. Throws ApiError for every refusal, also for a lost connection. */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  let response = await send(path, options)
  const asks = !options.anonymous && !(options.unasked && declined)
  if (response.status === 401 && asks && (await signedInAgain()))
    response = await send(path, options)
  if (response.ok) return answer<T>(response)
  throw await refusal(response)
}

/** Lets the person sign in again; all requests that wait share one dialog. */
function signedInAgain(): Promise<boolean> {
  pending ??= reauthenticate()
    .then((signedIn) => {
      declined = !signedIn
      return signedIn
    })
    .finally(() => {
      pending = undefined
    })
  return pending
}

export interface UploadOptions {
  /** Told how much is sent, from 0 to 1. */
  onProgress?: (part: number) => void
  signal?: AbortSignal
}

/** Sends a form with a file and returns the JSON answer. Unlike fetch it tells how far it has come. */
export async function upload<T>(
  path: string,
  form: FormData,
  options: UploadOptions = {},
): Promise<T> {
  let response = await transmit(path, form, options)
  if (response.status === 401 && (await signedInAgain()))
    response = await transmit(path, form, options)
  if (response.ok) return answer<T>(response)
  throw await refusal(response)
}

function transmit(path: string, form: FormData, options: UploadOptions): Promise<Response> {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest()
    const stop = () => sending.abort()
    sending.open('POST', base + path)
    sending.setRequestHeader('Accept', 'application/json')
    sending.setRequestHeader('X-CSRF-Token', csrf)
    sending.upload.onprogress = (event) => {
      if (event.lengthComputable) options.onProgress?.(event.loaded / event.total)
    }
    sending.onload = () => resolve(new Response(sending.responseText, { status: sending.status }))
    sending.onerror = () => reject(new ApiError(0, { code: 'offline' }))
    sending.onabort = () => reject(new DOMException('upload stopped', 'AbortError'))
    sending.onloadend = () => options.signal?.removeEventListener('abort', stop)
    options.signal?.addEventListener('abort', stop)
    sending.send(form)
  })
}

/** Fetches a file; with a form or a body it is what the server makes of that. */
export async function download(path: string, body?: FormData | object): Promise<Blob> {
  const ask = async () => {
    try {
      return await fetch(base + path, { credentials: 'same-origin', ...(body && posting(body)) })
    } catch {
      throw new ApiError(0, { code: 'offline' })
    }
  }
  let response = await ask()
  if (response.status === 401 && (await signedInAgain())) response = await ask()
  if (response.ok) return response.blob()
  throw await refusal(response)
}

function posting(body: FormData | object): RequestInit {
  const headers: Record<string, string> = {
    'X-CSRF-Token': csrf,
    'Accept-Language': currentLanguage(),
  }
  if (body instanceof FormData) return { method: 'POST', body, headers }
  return {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { ...headers, 'Content-Type': 'application/json' },
  }
}

async function send(path: string, options: RequestOptions): Promise<Response> {
  const method = options.method ?? 'GET'
  const headers = new Headers({
    Accept: 'application/json',
    'Accept-Language': currentLanguage(),
  })
  if (options.body !== undefined) headers.set('Content-Type', 'application/json')
  if (method !== 'GET') headers.set('X-CSRF-Token', csrf)
  if (options.ifMatch !== undefined) headers.set('If-Match', `"${options.ifMatch}"`)
  if (options.idempotencyKey) headers.set('Idempotency-Key', options.idempotencyKey)
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), patience)
  options.signal?.addEventListener('abort', () => stop.abort())
  try {
    const response = await fetch(base + path, {
      method,
      headers,
      credentials: 'same-origin',
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      signal: stop.signal,
    })
    noteReached(response.status !== 502 && response.status !== 504)
    noteServerTime(response.headers.get('X-Server-Time'))
    return response
  } catch (cause) {
    if (options.signal?.aborted) throw cause
    noteReached(false)
    throw new ApiError(0, { code: 'offline' })
  } finally {
    clearTimeout(timer)
  }
}

async function answer<T>(response: Response): Promise<T> {
  if (response.status === 204 || response.headers.get('Content-Length') === '0')
    return undefined as T
  return (await response.json()) as T
}

async function refusal(response: Response): Promise<ApiError> {
  const requestId = response.headers.get('X-Request-Id') ?? undefined
  const retryAfter = response.headers.get('Retry-After')
  let body: ProblemBody
  try {
    body = (await response.json()) as ProblemBody
  } catch {
    body = { code: response.status >= 500 ? 'internal' : `http_${response.status}` }
  }
  const params = retryAfter ? { seconds: Number(retryAfter), ...body.params } : body.params
  return new ApiError(response.status, {
    ...body,
    code: body.code ?? 'internal',
    requestId: body.requestId ?? requestId,
    ...(params ? { params } : {}),
  })
}

/**
 * One wish of a person, sent as often as it takes. The key stays the same while the body does, so that a
 * repetition after a lost answer is recognised; a changed body is a new wish.
 */
export class Attempt {
  private key = uuid()
  private body: string | undefined

  keyFor(body: unknown): string {
    const text = JSON.stringify(body)
    if (this.body !== undefined && this.body !== text) this.key = uuid()
    this.body = text
    return this.key
  }

  /** The wish was granted: the next one is another, even with the same body. */
  done(): void {
    this.key = uuid()
    this.body = undefined
  }
}

/** A query string from what is set; empty values are left out. */
export function queryString(params: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(params)) {
    if (value !== undefined && value !== '') search.set(key, String(value))
  }
  const text = search.toString()
  return text === '' ? '' : `?${text}`
}
