import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { APIResponse, Page } from '@playwright/test'
import { accessible, at, expect, fitsWidth, test, words } from './company'
import { card, edit, type Flow, publish } from './flow-json'
import { Office } from './office'

const t = words('zh-CN')

/** A receiver of the company's own that is out of order when it is called first. */
async function receiver(): Promise<{ url: string; got: string[]; close: () => void }> {
  const got: string[] = []
  let calls = 0
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => {
      body += String(part)
    })
    request.on('end', () => {
      calls += 1
      if (calls > 1) got.push(body)
      response.writeHead(calls === 1 ? 500 : 204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/erp`, got, close: () => server.close() }
}

/** Deliveries and the ledger they are entered into, with one flow that does nothing useful yet. */
class Receiving {
  readonly delivery: string
  readonly ledger: string
  readonly flow: string
  readonly hook: string
  readonly tag = Date.now().toString(36)

  private constructor() {
    this.delivery = `delivery_${this.tag}`
    this.ledger = `ledger_${this.tag}`
    this.flow = `receive_${this.tag}`
    this.hook = `erp_${this.tag}`
  }

  static async found(office: Office): Promise<Receiving> {
    const app = new Receiving()
    const text = (title: string) => ({ type: 'string', 'x-type': 'text', title })
    const qty = { type: 'string', 'x-type': 'decimal', title: '数量' }
    const definition = (name: string, title: string, more = {}) => ({
      name, title: title + app.tag, type: 'object', 'x-display': 'item', required: ['item', 'qty'], 'x-order': ['item', 'qty'],
      properties: { item: text('材料'), qty, ...more },
    })
    const view = (entity: string, title: string) => ({
      name: entity, title: title + app.tag, entity, kind: 'table', actions: ['create'], columns: [{ field: 'item' }, { field: 'qty' }],
    })
    await office.publish(
      {
        [`entities/${app.delivery}`]: definition(app.delivery, '收货单'),
        [`entities/${app.ledger}`]: definition(app.ledger, '台账', { note: text('说明') }),
        [`views/${app.delivery}`]: view(app.delivery, '收货单'),
        [`views/${app.ledger}`]: view(app.ledger, '台账'),
        [`flows/${app.flow}`]: { name: app.flow, title: `收货入账${app.tag}`, entity: app.delivery, start: { on: 'button' }, nodes: [
          { name: 'note', type: 'action', title: '记台账', do: app.entry("'按钮'") }] },
      },
      `收货${app.tag}`,
    )
    return app
  }

  /** The action that enters what was received. */
  entry(note: string) {
    return { create: { entity: this.ledger, values: { item: 'item', qty: 'qty', note } } }
  }
}

/** Opens a flow from the list of flows. */
async function openFlow(page: Page, title: string): Promise<void> {
  await page.goto(at('/flows'))
  await page.getByRole('link', { name: title }).click()
  await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible()
}

/** Calls from outside as Standard Webhooks are signed. */
async function call(page: Page, path: string, secret: string, id: string, body: string): Promise<APIResponse> {
  const stamp = String(Math.floor(Date.now() / 1000))
  const signature = createHmac('sha256', secret).update(`${id}.${stamp}.${body}`).digest('base64')
  const headers = { 'Content-Type': 'application/json', 'webhook-id': id, 'webhook-timestamp': stamp, 'webhook-signature': `v1,${signature}` }
  return await page.request.post(at(path), { data: body, headers })
}

test('large deliveries are entered into the ledger and told to a system outside, again until it answers', async ({ sit }) => {
  test.slow() // the second attempt comes by itself, after seconds
  const office = await Office.of('admin')
  const app = await Receiving.found(office)
  const outside = await receiver()
  const channel = await office.post<{ id: string; rev: number }>('channels', {
    name: app.hook, kind: 'webhook', enabled: true, notices: [], url: outside.url, secret: '0123456789abcdef',
  })
  const admin = await sit('admin')
  await openFlow(admin, `收货入账${app.tag}`)
  await expect(admin.getByRole('region', { name: t('flows.tree') })).toContainText(t('flows.startsOf.button', { entity: `收货单${app.tag}` }))
  await edit(admin, app.flow, (flow: Flow) => {
    flow.start = { on: ['created'], where: { field: 'qty', op: 'gt', value: '10' } }
    flow.nodes = [
      { name: 'post', type: 'action', title: '入账', do: app.entry("'收货'") },
      { name: 'tell', type: 'action', title: '告知 ERP', do: { webhook: app.hook, with: { item: 'item', qty: 'qty' } } }]
  })
  await expect(card(admin, 'tell')).toBeVisible()
  const created = admin.getByRole('region', { name: t('flows.tree') })
  await expect(created).toContainText(t('flows.startsOf.created', { entity: `收货单${app.tag}` }))
  await expect(created).toContainText(t('flows.doing.create', { entity: `台账${app.tag}` }))
  await expect(card(admin, 'tell')).toContainText(t('flows.doing.webhook', { name: app.hook, target: `${new URL(outside.url).origin}/…` }))
  await accessible(admin)
  await publish(admin, '收货入账')

  await test.step('only the large one is entered', async () => {
    for (const [item, qty] of [['铁钉', '5'], ['黄沙', '20']]) {
      await admin.goto(at(`/e/${app.delivery}/new`))
      await admin.getByLabel('材料').fill(item ?? '')
      await admin.getByLabel('数量').fill(qty ?? '')
      await admin.getByRole('button', { name: t('record.save'), exact: true }).click()
      await expect(admin.getByText(t('record.saved')).first()).toBeVisible()
    }
    await expect.poll(async () => (await office.list(app.ledger)).map((each) => each.values['item'])).toEqual(['黄沙'])
    await expect.poll(() => outside.got.length).toBe(1)
    expect(outside.got[0]).toContain('黄沙')
  })

  await test.step('the runs of the flow show the attempt that failed and the one that did not', async () => {
    await openFlow(admin, `收货入账${app.tag}`)
    await admin.getByRole('tab', { name: t('flows.tabs.runs') }).click()
    const runs = admin.getByRole('list', { name: t('flows.tabs.runs') })
    await expect(runs.getByText(t('flows.runDetails'))).toHaveCount(1)
    await runs.getByText(t('flows.runDetails')).click()
    await expect(runs.getByText(t('automation.error.failed'), { exact: true })).toBeVisible()
    await expect(runs).toContainText(t('flows.attempt', { number: 2 }))
    await expect(runs.getByText(t('flows.delivered'), { exact: true })).toHaveCount(2)
    await accessible(admin)
    await runs.getByRole('link', { name: t('flows.runAbout') }).click()
    await expect(admin.getByRole('region', { name: t('automation.runs') })).toContainText(t('automation.trigger.created'))
  })
  await office.drop(`channels/${channel.id}`)
  outside.close()
  await office.leave()
})

test('a flow starts by a button, on a schedule and by a call from outside', async ({ sit }) => {
  test.slow() // three ways to start, each published by itself
  const office = await Office.of('admin')
  const app = await Receiving.found(office)
  const admin = await sit('admin')
  const title = `收货入账${app.tag}`

  await test.step('a button in the menu of a record enters it once', async () => {
    const made = await office.create(app.delivery, { item: '木方', qty: '3' })
    await admin.goto(at(`/e/${app.delivery}/r/${made.id}`))
    await admin.getByRole('button', { name: t('record.more') }).click()
    await admin.getByRole('menuitem', { name: title }).click()
    await expect(admin.getByText(t('automation.started'))).toBeVisible()
    await expect.poll(async () => (await office.list(app.ledger)).map((each) => each.values['note'])).toEqual(['按钮'])
    await admin.reload()
    await expect(admin.getByRole('region', { name: t('automation.runs') })).toContainText(t('automation.trigger.button'))
  })

  await test.step('a schedule says when it runs next', async () => {
    await openFlow(admin, title)
    await edit(admin, app.flow, (flow: Flow) => {
      delete flow.entity
      flow.start = { schedule: '30 2 * * *' }
      flow.nodes = [{ name: 'note', type: 'action', title: '记台账', do: { create: { entity: app.ledger, values: { item: "'夜间盘点'", qty: '1' } } } }]
    })
    await publish(admin, '夜间盘点')
    const tree = admin.getByRole('region', { name: t('flows.tree') })
    await expect(tree).toContainText(t('flows.cron.daily', { time: '02:30' }))
    await expect(tree).toContainText(/下次 .*02:30/)
    await accessible(admin)
  })

  await test.step('a call from outside starts it when its signature is right, and once only', async () => {
    await edit(admin, app.flow, (flow: Flow) => {
      flow.start = { webhook: app.hook }
      flow.nodes = [{ name: 'note', type: 'action', title: '记台账', do: app.entry("'外部'") }]
    })
    await publish(admin, '外部收货')
    const { secret, path } = await office.post<{ secret: string; path: string }>(`hook-secrets/${app.hook}`, {})
    const body = JSON.stringify({ item: '水泥', qty: 7 })
    expect((await call(admin, path, 'guessed-secret', 'm1', body)).status()).toBe(401)
    const first = await call(admin, path, secret, 'm1', body)
    expect(first.status()).toBe(202)
    const again = await call(admin, path, secret, 'm1', body)
    expect(again.headers()['idempotent-replay']).toBe('true')
    await expect.poll(async () => (await office.list(app.ledger)).filter((each) => each.values['note'] === '外部').length).toBe(1)
    await admin.setViewportSize({ width: 390, height: 844 })
    await openFlow(admin, title)
    await admin.getByRole('tab', { name: t('flows.tabs.runs') }).click()
    await expect(admin.getByRole('list', { name: t('flows.tabs.runs') }).getByText(t('automation.trigger.webhook'))).toHaveCount(1)
    await accessible(admin)
    await fitsWidth(admin)
  })
  await office.leave()
})
