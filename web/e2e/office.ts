import { type APIRequestContext, request } from '@playwright/test'
import { at, passwordOf } from './company'

export interface Stored {
  id: string
  rev: number
  values: Record<string, unknown>
}

/** A person who was made for one journey, and how he signs in. */
export interface Hand {
  user: string
  login: string
  name: string
  password: string
}

/** The company's API as a person uses it. */
export class Office {
  private readonly api: APIRequestContext
  private readonly csrf: string

  private constructor(api: APIRequestContext, csrf: string) {
    this.api = api
    this.csrf = csrf
  }

  static async of(login: string, password = passwordOf(login), url = at('')): Promise<Office> {
    const api = await request.newContext({ baseURL: url })
    const answer = await api.post('/api/v1/session', { data: { login, password, lang: 'zh-CN' } })
    const { csrf } = (await answer.json()) as { csrf: string }
    return new Office(api, csrf)
  }

  async create(entity: string, values: Record<string, unknown>, submit = false): Promise<Stored> {
    return await this.post<Stored>(`entities/${entity}/records`, { values, submit })
  }

  async list(entity: string): Promise<Stored[]> {
    const answer = await this.api.get(`/api/v1/entities/${entity}/records?limit=100&sort=created_at`)
    return ((await answer.json()) as { records: Stored[] }).records
  }

  /** The one a picker finds for a text. */
  async choice(entity: string, field: string, q: string): Promise<string> {
    const [item] = await this.choices(entity, field, q)
    if (!item) throw new Error(`${entity}.${field}: nothing found for ${q}`)
    return item.id
  }

  async has(entity: string, field: string, q: string): Promise<boolean> {
    return (await this.choices(entity, field, q)).length > 0
  }

  private async choices(entity: string, field: string, q: string): Promise<Stored[]> {
    return (await this.post<{ items: Stored[] }>(`entities/${entity}/choices`, { field, q, values: {} })).items
  }

  /** Approves all that waits for this person about an entity. */
  async approveAll(entity: string): Promise<void> {
    const answer = await this.api.get('/api/v1/tasks?tab=open&limit=100')
    const { tasks } = (await answer.json()) as { tasks: { id: string; entity: string }[] }
    for (const task of tasks.filter((each) => each.entity === entity)) await this.post(`tasks/${task.id}/approve`, {})
  }

  /** Makes somebody with these roles of an own login and name. */
  async hire(login: string, name: string, roles: readonly string[]): Promise<Hand> {
    const { member, password } = await this.post<{ member: { user: string }; password: string }>('members', { login, name, roles })
    return { user: member.user, login, name, password }
  }

  /** Puts a definition into the draft. */
  async draft(kind: string, definition: { name: string }): Promise<void> {
    await this.send('put', `draft/${kind}/${definition.name}`, definition)
  }

  /** Publishes definitions by their references. What somebody else left in the draft is dropped: one person edits here. */
  async publish(definitions: Record<string, unknown>, note: string): Promise<void> {
    await this.send('delete', 'draft')
    for (const [ref, definition] of Object.entries(definitions)) await this.send('put', `draft/${ref}`, definition)
    const { problems } = await this.post<{ problems: { code: string; level: string }[] }>('draft/check', {})
    const wrong = problems.filter((each) => each.level !== 'warning')
    if (wrong.length > 0) throw new Error(JSON.stringify(wrong))
    await this.post('draft/publish', { note, accept: problems.map((each) => each.code) })
  }

  async post<T>(path: string, data: unknown): Promise<T> {
    return (await (await this.send('post', path, data)).json()) as T
  }

  async drop(path: string): Promise<void> {
    await this.send('delete', path)
  }

  private async send(method: 'post' | 'put' | 'delete', path: string, data?: unknown) {
    const answer = await this.api[method](`/api/v1/${path}`, { data, headers: { 'X-CSRF-Token': this.csrf } })
    if (!answer.ok()) throw new Error(`${path}: ${await answer.text()}`)
    return answer
  }

  async leave(): Promise<void> {
    await this.api.dispose()
  }
}
