import { mkdirSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Locator, Page } from '@playwright/test'
import { test as base, expect, type Lang, words } from './company'
import { Office } from './office'
import { flow, form, menu, payment, project, roles, view } from './payment-app'
import { launch, type Running, setClock } from './program'
import type { Demo } from './server'
import { sign } from './sheet'
import { more } from './verbs'

const password = 'Zahlung-2026-genehmigt'

/** Who works in the company; the order is that of founding, so leaders come first. */
export const staff = {
  zhou: { name: '周明远', roles: ['board'], department: '总经办' },
  haiyan: { name: '李海燕', roles: ['staff'], department: '工程部', manager: 'zhou' },
  wang: { name: '王小工', roles: ['staff'], department: '工程部', manager: 'haiyan' },
  qian: { name: '钱立群', roles: ['board', 'finance'], department: '财务部', manager: 'zhou' },
  sun: { name: '孙维民', roles: ['board'], department: '总经办' },
  wujing: { name: '吴静', roles: ['finance'], department: '财务部', manager: 'qian' },
  zheng: { name: '郑律', roles: ['legal'], department: '总经办', manager: 'zhou' },
  hewen: { name: '何文', roles: ['staff'], department: '总经办', manager: 'zhou' },
  feng: { name: '冯秀兰', roles: ['flow_admin'], department: '总经办', manager: 'zhou' },
  zhao: { name: '赵建华', roles: ['staff'], department: '工程部', manager: 'haiyan' },
} as const

export type Person = keyof typeof staff

/** A company without anything, on a server whose clock the journey moves. */
export interface Site extends Demo {
  program: Running
  /** The token with which the first company is founded. */
  token: string
  /** Moves the clock on to a moment of the week of the journey. */
  at: (moment: Date) => void
}

/** Monday at nine in China, in the week after next: nobody is away, and what was done before is past. */
export const monday = (() => {
  const day = new Date()
  day.setUTCHours(1, 0, 0, 0)
  day.setUTCDate(day.getUTCDate() + 7 + ((8 - day.getUTCDay()) % 7))
  return day
})()

/** So many hours and minutes after that Monday at nine. */
export function later(hours: number, minutes = 0): Date {
  return new Date(monday.getTime() + (hours * 60 + minutes) * 60_000)
}

export const test = base.extend<{ company: Demo }, { site: Site }>({
  site: [
    async ({}, use) => {
      const program = await launch({ build: 'formwork-virtual', clock: monday })
      const token = /enter this token: (\S+)/.exec(program.said())?.[1] ?? ''
      const logins = ['admin', ...Object.keys(staff)]
      const people = logins.map((login) => ({ login, title: login, password, roles: [] }))
      await use({ url: program.url, people, program, token, at: (moment) => setClock(program.data, moment) })
      await program.stop()
    },
    { scope: 'worker', timeout: 300_000 },
  ],
  company: async ({ site }, use) => use(site),
})

/** Founds the company in the browser of its administrator. */
export async function found(page: Page, site: Site): Promise<void> {
  const t = words('zh-CN')
  await page.goto(`/setup?token=${site.token}`)
  await page.getByLabel(t('setup.token')).fill(site.token)
  await page.getByLabel(t('setup.companyTitle')).fill('远洋建设集团')
  await page.getByLabel(t('setup.companyName')).fill('yuanyang')
  await page.getByLabel(t('setup.person')).fill('系统管理员')
  await page.getByLabel(t('signIn.password'), { exact: true }).fill(password)
  await page.getByLabel(t('setup.withLabor')).uncheck()
  await page.getByRole('button', { name: t('setup.found') }).click()
  await expect(page.getByRole('main').getByRole('tablist')).toBeVisible()
}

/** Puts the application's definitions into the draft. */
export async function draft(site: Site): Promise<void> {
  const admin = await Office.of('admin', password, site.url)
  for (const entity of [project, payment]) await admin.draft('entities', entity)
  for (const role of roles) await admin.draft('roles', role)
  await admin.draft('forms', form)
  await admin.draft('views', view)
  await admin.draft('menus', menu)
  await admin.draft('flows', flow)
  await admin.leave()
}

/** Brings in departments, people and a project. */
export async function hire(site: Site): Promise<void> {
  const admin = await Office.of('admin', password, site.url)
  const departments = new Map<string, string>()
  const ids = new Map<string, string>()
  for (const [login, { name, department, ...rest }] of Object.entries(staff)) {
    if (!departments.has(department)) {
      departments.set(department, (await admin.create('department', { name: department })).id)
    }
    const manager = 'manager' in rest ? { manager: ids.get(rest.manager) } : {}
    const place = { department: departments.get(department), ...manager }
    const { member } = await admin.post<{ member: { user: string } }>('members', { login, name, password, roles: rest.roles, ...place })
    ids.set(login, member.user)
  }
  await admin.create('project', { name: '滨江一号', manager: ids.get('zhao') })
  await admin.leave()
}

/** What is asked to be paid. */
export interface Claim {
  amount: string
  over?: string
  payee?: string
  watchers?: readonly string[]
  attachment?: boolean
}

/** Submits a payment as the applicant's other programs would. */
export async function submitted(site: Site, { amount, over = '0.00', payee = '宏远混凝土有限公司' }: Claim): Promise<void> {
  const office = await Office.of('wang', password, site.url)
  const values = { project: { key: '滨江一号' }, payee, amount, over_plan_amount: over, cost_center: '工程一部', bank }
  await office.create('payment', values, true)
  await office.leave()
}

export const bank = '工商银行 6222 0210 0111 6245'

/** What the lists call the task of a payment. */
export function subject(amount: string): string {
  return `付款-${amount.replace(/\.00$/, '')}`
}

/** A system of the company's own that pays what it is told to. */
export class Receiver {
  readonly calls: { headers: IncomingHttpHeaders; body: { id: string; type: string; record: string; data: { id: string; amount: string } } }[] = []
  private readonly server: Server

  private constructor() {
    this.server = createServer((request, response) => {
      let body = ''
      request.on('data', (part) => {
        body += String(part)
      })
      request.on('end', () => {
        this.calls.push({ headers: request.headers, body: JSON.parse(body) as Receiver['calls'][number]['body'] })
        response.writeHead(204).end()
      })
    })
  }

  static async listen(): Promise<Receiver> {
    const receiver = new Receiver()
    await new Promise<void>((resolve) => receiver.server.listen(0, '127.0.0.1', resolve))
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/pay`
  }

  /** The payments it was told to make, of one amount. */
  paid(amount: string): Receiver['calls'] {
    return this.calls.filter(({ body }) => body.type === 'flow.payment' && Number(body.data.amount) === Number(amount))
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}

/** A person before his screen: what he looks for and presses. */
export class Desk {
  readonly page: Page
  readonly lang: Lang
  readonly t: ReturnType<typeof words>

  constructor(page: Page, lang: Lang = 'zh-CN') {
    this.page = page
    this.lang = lang
    this.t = words(lang)
  }

  /** A tab of the to-do centre. */
  async tab(name: 'open' | 'cc' | 'started' | 'handled' | 'proxied'): Promise<void> {
    await this.page.goto(`/?tab=${name}`)
    await expect(this.page.getByRole('tab', { name: this.t(`tasks.tab.${name}`) })).toHaveAttribute('aria-selected', 'true')
  }

  /** The card of a payment in a list of tasks. */
  card(amount: string): Locator {
    return this.page.getByRole('listitem').filter({ hasText: subject(amount) })
  }

  /** How many things a tab says there are. */
  async counts(name: 'open' | 'cc' | 'proxied', count: number): Promise<void> {
    const tab = this.page.getByRole('tab', { name: this.t(`tasks.tab.${name}`) })
    if (count > 0) return await expect(tab.locator('.ant-badge')).toHaveText(String(count))
    await expect(tab.locator('.ant-badge')).toHaveCount(0)
  }

  /** Opens the task or the record of a payment from a tab. */
  async open(amount: string, tab: 'open' | 'cc' | 'started' | 'handled' | 'proxied' = 'open'): Promise<void> {
    await this.tab(tab)
    await this.card(amount).getByRole('link').click()
    await expect(this.page.getByRole('region', { name: this.t('timeline.title') })).toBeVisible()
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog')
  }

  get history(): Locator {
    return this.page.getByRole('region', { name: this.t('timeline.title') })
  }

  get path(): Locator {
    return this.page.getByRole('region', { name: this.t('timeline.flow') })
  }

  /** An entry of the history, told by all it says. */
  entry(...said: readonly string[]): Locator {
    return said.reduce((entries, text) => entries.filter({ hasText: text }), this.history.getByRole('listitem')).first()
  }

  /** Presses the verb on the bar of the task and gives what it asks for. */
  async decide(verb: 'approve' | 'return' | 'reject', given: { comment?: string; signed?: boolean } = {}): Promise<void> {
    await this.page.getByRole('button', { name: this.t(`tasks.verb.${verb}`), exact: true }).click()
    if (given.comment) await this.dialog.getByRole('textbox').first().fill(given.comment)
    if (given.signed) await sign(this.page, this.lang)
    await this.confirm(`tasks.verb.${verb}`, `tasks.done.${verb}`)
  }

  async more(key: string): Promise<void> {
    await more(this.page, this.t(key), this.lang)
  }

  /** Presses what the dialog is about, and is told that it is done. */
  async confirm(button: string, done: string): Promise<void> {
    await this.dialog.getByRole('button', { name: this.t(button), exact: true }).click()
    await expect(this.page.getByText(this.t(done), { exact: true }).first()).toBeVisible()
    await expect(this.dialog).toBeHidden()
  }
}

const pictures = process.env['FORMWORK_E2E_PICTURES']

/** Keeps a picture of the page where FORMWORK_E2E_PICTURES says, for people to look at. */
export async function picture(page: Page, name: string): Promise<void> {
  if (!pictures) return
  mkdirSync(pictures, { recursive: true })
  await page.screenshot({ path: `${pictures}/${name}.png` })
}

export { expect }
