import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { accessible, at, expect, fitsWidth, test, words } from './company'
import { card, paste } from './flow-json'
import { Office } from './office'
import { DeskSheet, projects, teams } from './sheet'

const t = words('zh-CN')
const wages = 'wage_sheet'

test('steps without people say what they do, and wrong JSON says where it is wrong', async ({ sit }) => {
  const admin = await sit('admin')
  await admin.goto(at(`/flows/${wages}`))
  await expect(card(admin, 'put_on_display')).toContainText(t('flows.doing.set'))
  await expect(card(admin, 'put_on_display')).toContainText('现在')
  await expect(card(admin, 'publicity_3d')).toContainText('等到')
  await card(admin, 'put_on_display').click()
  await expect(admin.getByRole('region', { name: '开始公示' })).toContainText('add_hours')
  await accessible(admin)

  await test.step('a fault is told with its line, and the way there', async () => {
    await admin.getByRole('tab', { name: t('flows.tabs.json') }).click()
    const editor = admin.getByRole('textbox', { name: t('definitions.json') })
    await paste(editor, '{\n  "name": "wage_sheet",\n  "title": "工资表"\n  "nodes": []\n}')
    const told = admin.getByRole('alert').filter({ hasText: t('definitions.broken') })
    await expect(told).toContainText(t('json.at', { line: 3, column: 17 }))
    await expect(told).toContainText(t('json.faults.comma'))
    await expect(admin.getByRole('button', { name: t('definitions.saveDraft') })).toBeDisabled()
    await told.getByRole('button', { name: t('json.line', { line: 3 }) }).click()
    await expect(editor).toBeFocused()
    await accessible(admin)
  })

  await test.step('what was typed outlives a look at another tab, and is not left behind unasked', async () => {
    await admin.getByRole('tab', { name: t('flows.tabs.versions') }).click()
    await expect(admin.getByText(t('flows.notSaved'))).toBeVisible()
    await admin.getByRole('tab', { name: t('flows.tabs.json') }).click()
    await expect(admin.getByRole('textbox', { name: t('definitions.json') })).toContainText('"nodes": []')
    await admin.getByRole('link', { name: t('shell.monitor') }).click()
    const asked = admin.getByRole('dialog', { name: t('leave.title') })
    await asked.getByRole('button', { name: t('leave.stay') }).click()
    await admin.getByRole('button', { name: t('flows.dropTyped') }).click()
    await expect(admin.getByRole('textbox', { name: t('definitions.json') })).toContainText('project_manager')
    await expect(admin.getByText(t('flows.notSaved'))).toBeHidden()
  })
})

test('a large flow is read on a phone and on a desk', async ({ sit }) => {
  const office = await Office.of('admin')
  const node = (name: string) => ({ name, type: 'approve', title: `节点 ${name}`, who: ['leader:1'], onEmpty: 'admin' })
  const deep = (level: number): unknown[] =>
    level === 0
      ? [node('n_0')]
      : [
          node(`n_${level}`),
          {
            name: `b_${level}`, type: 'branch', mode: 'exclusive', title: `分支 ${level}`,
            branches: [
              { name: 'big', title: '金额大', when: `nz(total_hours, 0) > ${level * 10}`, nodes: deep(level - 1) },
              { name: 'rest', title: '其他', else: true, nodes: [1, 2, 3, 4, 5].map((k) => node(`r_${level}_${k}`)) },
            ],
          },
        ]
  await office.draft('flows', { name: 'large', title: '大流程', entity: 'day_labor_sheet', nodes: deep(7) } as { name: string })
  const admin = await sit('admin')
  await admin.goto(at('/flows/large'))
  await admin.getByRole('combobox', { name: t('flows.findNode') }).fill('n_0')
  await admin.getByTitle('节点 n_0').last().click()
  await expect(card(admin, 'n_0')).toBeInViewport()
  await expect(admin.getByRole('region', { name: '节点 n_0' })).toBeInViewport()
  await admin.getByRole('button', { name: t('flows.fit') }).click()
  // It is too wide to be read at a size that fits: then its branches stand below each other.
  await expect(admin.getByRole('radio', { name: t('flows.stacked') })).toBeChecked()
  await accessible(admin)

  const phone = await sit('admin', { phone: true })
  await phone.goto(at('/flows/large'))
  await expect(card(phone, 'n_7')).toBeVisible()
  await fitsWidth(phone)
  const tree = phone.getByRole('region', { name: t('flows.tree') })
  expect(await tree.evaluate((element) => element.scrollWidth - element.clientWidth)).toBeLessThanOrEqual(1)
  await card(phone, 'n_7').click()
  await expect(phone.getByRole('dialog')).toContainText('发起人的直接上级')
  await accessible(phone)
  await office.drop('draft')
})

test('what a receiver refused is sent again at once, after a look at what that means', async ({ sit }) => {
  let status = 410
  let calls = 0
  const server = createServer((request, response) => {
    request.resume()
    calls += 1
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  const office = await Office.of('admin')
  await office.post('channels', { name: 'ERP', kind: 'webhook', enabled: true, notices: ['task'], url, secret: '0123456789abcdef' })
  const clerk = await sit('clerk')
  const head = { project: projects.P1, team: teams.T1, daysAgo: 2, content: '重新发送' }
  const number = await new DeskSheet(clerk).submit(head, ['王木生'])
  await expect.poll(() => calls).toBe(1)
  status = 204

  const admin = await sit('admin')
  await admin.goto(at('/channels'))
  await admin.getByRole('tab', { name: t('channels.log') }).click()
  const row = admin.getByRole('row', { name: new RegExp(number) })
  await expect(row).toContainText(t('deliveries.states.failed'))
  await row.getByRole('button', { name: /展开|Expand/ }).click()
  await expect(admin.getByText('http_410')).toBeVisible()
  await accessible(admin)
  await admin.getByRole('button', { name: t('deliveries.resend') }).click()
  const dialog = admin.getByRole('dialog', { name: t('deliveries.resend') })
  await expect(dialog).toContainText(t('deliveries.willResend', { count: 1 }))
  expect(calls).toBe(1)
  await accessible(admin)
  await dialog.getByRole('button', { name: t('deliveries.resendCount', { count: 1 }) }).click()
  await expect(dialog).toContainText(t('deliveries.resent', { count: 1 }))
  await dialog.getByRole('button', { name: t('monitor.close') }).last().click()
  await expect.poll(() => calls).toBe(2)
  await expect(row).toContainText(t('deliveries.states.sent'), { timeout: 15_000 })
  server.close()
})

test('somebody who leaves hands over what he holds, after it was said what happens', async ({ sit }) => {
  const office = await Office.of('admin')
  const tag = Date.now().toString(36)
  const goer = await office.hire(`goer_${tag}`, `离职${tag}`, ['cashier'])
  const heir = await office.hire(`heir_${tag}`, `接手${tag}`, [])
  const now = Date.now()
  await office.post('proxies', {
    principal: goer.user, to: heir.user, start: new Date(now).toISOString(), end: new Date(now + 86_400_000).toISOString(),
  })
  const admin = await sit('admin')
  await admin.goto(at('/members'))
  await admin.getByRole('row', { name: new RegExp(goer.name) }).getByRole('button', { name: t('handover.button') }).click()
  const dialog = admin.getByRole('dialog', { name: t('handover.title', { name: goer.name }) })
  await dialog.getByLabel(t('handover.to')).fill(heir.name)
  await admin.locator('.ant-select-dropdown:visible').getByText(heir.name).click()
  await dialog.getByRole('checkbox', { name: /出纳/ }).check()
  await expect(dialog.getByRole('checkbox', { name: t('handover.endProxies_other', { count: 1 }) })).toBeChecked()
  await accessible(admin)
  await dialog.getByRole('button', { name: t('handover.look') }).click()
  await expect(dialog).toContainText(t('handover.willRole', { role: '出纳', to: heir.name, name: goer.name }))
  await expect(dialog).toContainText(t('handover.noUndo'))
  await accessible(admin)
  await dialog.getByRole('button', { name: t('handover.run') }).click()
  await expect(dialog).toContainText(t('handover.given.role', { count: 1 }))
  await expect(dialog).toContainText(t('handover.given.proxy', { count: 1 }))
  await dialog.getByRole('button', { name: t('members.disable') }).click()
  await expect(admin.getByRole('row', { name: new RegExp(goer.name) })).toContainText(t('members.disabled'))
  await office.leave()
})
