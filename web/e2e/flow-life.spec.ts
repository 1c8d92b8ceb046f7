import type { Page } from '@playwright/test'
import { accessible, at, expect, fitsWidth, test, words } from './company'
import { card, choose, edit, type Flow, nodeOf, publish } from './flow-json'
import { Material } from './material'
import { Office } from './office'
import { approve, openTask } from './sheet'

const t = words('zh-CN')

/** Opens a flow from the list of flows, as its administrator does. */
async function openFlow(page: Page, title: string): Promise<void> {
  await page.getByRole('link', { name: t('shell.flows'), exact: true }).click()
  await page.getByRole('link', { name: title }).click()
  await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible()
}

test('mistakes planted in a flow are told at their nodes and mended; it is simulated, replayed and published', async ({ sit }) => {
  test.slow() // one journey from mistake to publish, with many looks for accessibility
  const office = await Office.of('admin')
  const storeHandsOut = (flow: Flow) => {
    nodeOf(flow, 'issue').who = nodeOf(flow, 'check').who ?? []
  }
  const app = await Material.found(office, storeHandsOut)
  const asker = await Office.of(app.asker.login, app.asker.password)
  const cheap = await app.ask(asker, '铁钉', '80')
  const dear = await app.ask(asker, '钢筋', '6200')
  const keeper = await Office.of(app.keeper.login, app.keeper.password)
  const boss = await Office.of(app.boss.login, app.boss.password)
  for (const each of [keeper, boss, keeper]) await each.approveAll(app.entity)

  const admin = await sit('admin')
  const flow = app.flow()
  await openFlow(admin, flow.title)
  const findings = admin.getByRole('region', { name: t('definitions.findings') })
  await edit(admin, app.entity, (definition) => {
    const amount = nodeOf(definition, 'amount_is')
    const [large, small] = amount.branches ?? []
    if (!large || !small) throw new Error('the branch has two ways')
    large.when = 'amount > 5000'
    const never = { name: 'gift', type: 'approve', title: '赠送', who: [`role:${app.bossRole}`] }
    amount.branches = [large, { name: 'free', title: '免费', when: 'nz(amount, 0) > 9000 and nz(amount, 0) < 1000', nodes: [never] }, small]
    nodeOf(definition, 'check').fields = { lines: 'w', 'lines.qty': '-' }
    definition.nodes.push({ name: 'director', type: 'approve', title: '总经理', when: 'nz(amount, 0) > 90000', who: [`role:${app.issuerRole}`] })
  })

  await test.step('each mistake stands at its node, with its reason and a way out', async () => {
    await expect(findings.getByRole('listitem')).toHaveCount(3)
    await expect(card(admin, 'check')).toContainText('1 个错误')
    await expect(card(admin, 'amount_is')).toContainText('1 个错误')
    await expect(card(admin, 'amount_is')).toContainText('1 个提醒')
    await accessible(admin)
    await findings.getByRole('button', { name: t('flows.showNode', { node: '材料员' }) }).click()
    const about = admin.getByRole('region', { name: '材料员' })
    await expect(about).toContainText(t('flows.explain.hidden_required', { field: 'lines.qty' }))
    await about.getByRole('button', { name: t('flows.fix') }).click()
    await expect(card(admin, 'check')).not.toContainText('错误')
    await expect(findings.getByRole('listitem')).toHaveCount(2)
    const missing = findings.getByRole('listitem').filter({ hasText: t('findings.maybe_missing') })
    await expect(missing).toContainText('nz(amount, 0) > 5000')
    await missing.getByRole('button', { name: t('flows.fix') }).click()
    await expect(missing).toBeHidden()
  })

  await test.step('without errors the people are tried too: who submits may find no director', async () => {
    await expect(card(admin, 'director')).toContainText('1 个提醒')
    const nobody = findings.getByRole('listitem').filter({ hasText: t('findings.no_approver') })
    await expect(nobody).toContainText(app.asker.name)
    await expect(nobody.getByRole('button', { name: t('flows.fix') })).toHaveCount(0)
    const never = findings.getByRole('listitem').filter({ hasText: t('findings.branch_unreachable') })
    await never.getByRole('button', { name: t('flows.fix') }).click()
    await expect(never).toBeHidden()
    await expect(card(admin, 'gift')).toHaveCount(0)
  })

  await test.step('a new condition is simulated for a person and for a request named by its number', async () => {
    await edit(admin, app.entity, (definition) => {
      const way = nodeOf(definition, 'amount_is').branches?.[0]
      if (way) way.when = 'nz(amount, 0) > 50'
    })
    const simulation = admin.getByRole('region', { name: t('flows.simulation') })
    await choose(admin, t('flows.person'), app.asker.name)
    await simulation.getByRole('button', { name: t('flows.fillIn') }).click()
    const form = admin.getByRole('dialog', { name: app.title })
    await form.getByLabel('材料', { exact: false }).first().fill('扫帚')
    await form.getByLabel('金额', { exact: false }).fill('20')
    await form.getByRole('button', { name: t('flows.take') }).click()
    await expect(form).toBeHidden()
    const result = admin.getByRole('region', { name: t('flows.result') })
    await simulation.getByRole('button', { name: t('flows.simulate') }).click()
    await expect(card(admin, 'check')).toContainText(t('flows.places.done'))
    await expect(card(admin, 'boss')).toContainText(t('flows.places.skipped'))
    await expect(result).toContainText('金额 = 20')
    await card(admin, 'boss').click()
    await expect(admin.getByRole('region', { name: '材料主管' })).toContainText('金额 = 20')
    await card(admin, 'boss').click()

    await simulation.getByText(t('flows.existing')).first().click()
    await choose(admin, t('flows.existing'), cheap)
    await simulation.getByRole('button', { name: t('flows.simulate') }).click()
    await expect(result).toContainText('金额 = 80')
    await expect(card(admin, 'boss')).toContainText(t('flows.places.done'))
    await card(admin, 'boss').click()
    await expect(admin.getByRole('region', { name: '材料主管' })).toContainText(app.boss.name)
    await accessible(admin)
    await result.getByRole('button', { name: t('flows.saveScenario') }).click()
    const dialog = admin.getByRole('dialog', { name: t('flows.saveScenario') })
    await dialog.getByLabel(t('flows.scenarioTitle')).fill('小额也要主管')
    await dialog.getByRole('button', { name: t('common.save') }).click()
    await expect(dialog).toBeHidden()
  })

  await test.step('the table says who approves which amount; the scenario runs; a replay tells what differs', async () => {
    await admin.getByRole('tab', { name: t('flows.tabs.table') }).click()
    await choose(admin, t('flows.tablePerson'), app.asker.name)
    const large = admin.getByRole('row', { name: /> 50、≤ 9万/ })
    await expect(large).toContainText(app.boss.name)
    await expect(admin.getByRole('row', { name: /^≤ 50/ })).not.toContainText(app.boss.name)
    await accessible(admin)
    await admin.getByRole('tab', { name: t('flows.tabs.scenarios') }).click()
    await admin.getByRole('button', { name: t('flows.playScenarios') }).click()
    await expect(admin.getByText(t('flows.passed'), { exact: true })).toBeVisible()
    await admin.getByRole('tab', { name: t('flows.tabs.replay') }).click()
    await admin.getByRole('button', { name: t('flows.replay'), exact: true }).click()
    const differences = admin.getByRole('list', { name: t('flows.differences') })
    await expect(differences).toContainText(cheap)
    await expect(differences).not.toContainText(dear)
    await expect(differences).toContainText(t('flows.cause.draft'))
    await accessible(admin)
  })

  await test.step('the warning is ticked, and the flow published', async () => {
    await publish(admin, '小额也要主管看', true)
    await admin.getByRole('tab', { name: t('flows.tabs.versions') }).click()
    await expect(admin.getByText('小额也要主管看')).toBeVisible()
    await accessible(admin)
  })
  await Promise.all([office, asker, keeper, boss].map((each) => each.leave()))
})

test('running requests stay on their version, are migrated by a mapping, and an incident is mended and goes on', async ({ sit }) => {
  const office = await Office.of('admin')
  const app = await Material.found(office)
  const asker = await Office.of(app.asker.login, app.asker.password)
  const first = await app.ask(asker, '水泥')
  const stuck = await app.ask(asker, '黄沙', '6000')
  const keeper = await sit(app.keeper.login, { password: app.keeper.password })

  await test.step('nobody hands out: the second request stands still after the boss', async () => {
    await approve(keeper, 'zh-CN', stuck)
    const boss = await Office.of(app.boss.login, app.boss.password)
    await boss.approveAll(app.entity)
    await boss.leave()
  })

  const admin = await sit('admin')
  await test.step('the administrator publishes a flow in which the first node has another name', async () => {
    await openFlow(admin, app.flow().title)
    await edit(admin, app.entity, (definition) => {
      const check = nodeOf(definition, 'check')
      check.name = 'store'
      check.title = '仓库复核'
    })
    await publish(admin, '材料员改为仓库复核', true)
  })

  const master = await sit(app.master.login, { password: app.master.password })
  await test.step('running requests stay as they are until they are migrated', async () => {
    await openTask(keeper, first)
    await expect(keeper.getByText('材料员').first()).toBeVisible()
    await master.getByRole('link', { name: t('shell.monitor') }).click()
    await master.getByRole('row', { name: new RegExp(app.flow().title) }).first().getByRole('button', { name: t('monitor.migrate') }).click()
    const dialog = master.getByRole('dialog')
    await expect(dialog).toContainText(first)
    await expect(dialog).toContainText(t('monitor.migrateCounts', { ready: 1, present: 0, refused: 1 }))
    await accessible(master)
    await dialog.getByRole('combobox').click()
    await master.locator('.ant-select-dropdown:visible').getByText('仓库复核').click()
    await expect(dialog).toContainText(t('monitor.migrateCounts', { ready: 2, present: 0, refused: 0 }))
    await dialog.getByLabel(t('verbs.reason')).fill('第一个节点改名')
    await dialog.getByRole('button', { name: t('monitor.migrateRun_other', { count: 2 }) }).click()
    await expect(dialog).toContainText(t('monitor.migrated', { done: 2, refused: 0 }))
    await dialog.getByRole('button', { name: t('monitor.close') }).last().click()
    await expect(dialog).toBeHidden()
    await openTask(keeper, first)
    await expect(keeper.getByText('仓库复核').first()).toBeVisible()
  })

  await test.step('the incident is found, its people are mended, and it goes on', async () => {
    await master.getByRole('tab', { name: t('monitor.tab.stuck') }).click()
    const run = master.getByRole('row', { name: new RegExp(stuck) })
    await expect(run).toContainText(t('monitor.incidents.no_approver'))
    await accessible(master)
    await admin.getByRole('link', { name: t('shell.members') }).click()
    await admin.getByRole('row', { name: new RegExp(app.issuer.login) }).getByRole('button', { name: t('members.edit') }).click()
    const member = admin.getByRole('dialog', { name: t('members.editOf', { name: app.issuer.name }) })
    // There are more roles than the open list shows: it is searched.
    const role = `发料员${app.entity.slice('material_'.length)}`
    await member.getByLabel(t('members.roles')).fill(role)
    await admin.locator('.ant-select-dropdown:visible .ant-select-item-option').filter({ hasText: role }).click()
    await member.getByText(t('members.editOf', { name: app.issuer.name })).click() // the open list lies over the button
    await expect(admin.locator('.ant-select-dropdown:visible')).toHaveCount(0)
    await member.getByRole('button', { name: t('common.save') }).click()
    await expect(member).toBeHidden()
    await run.getByRole('button', { name: t('verbs.verb.retry') }).click()
    const dialog = master.getByRole('dialog')
    await dialog.getByLabel(t('verbs.reason')).fill('马发料今天起发料')
    await dialog.getByRole('button', { name: t('verbs.verb.retry') }).click()
    await expect(dialog).toBeHidden()
    await expect(run).toBeHidden()
  })

  await test.step('the one who hands out finishes it, and the request says why it went its way', async () => {
    const issuer = await sit(app.issuer.login, { password: app.issuer.password, phone: true })
    await approve(issuer, 'zh-CN', stuck)
    await fitsWidth(issuer)
    const records = await asker.list(app.entity)
    const request = records.find((each) => each.values['no'] === stuck)
    await master.goto(at(`/e/${app.entity}/r/${request?.id}`))
    await master.getByText(t('flows.whyTitle')).click()
    const why = master.getByRole('main')
    await expect(why).toContainText('金额 = 6,000')
    await expect(why).toContainText(t('flows.rules.empty_error'))
    await expect(why).toContainText(app.issuer.name)
    await accessible(master)
  })
  await Promise.all([office, asker].map((each) => each.leave()))
})
