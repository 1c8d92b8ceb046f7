import type { Page } from '@playwright/test'
import { accessible, at, expect, test, words } from './company'
import { card, choose, edit, nodeOf, publish } from './flow-json'

const t = words('zh-CN')
const flow = 'day_labor_sheet'

/** The number of a sheet without overtime that the labor administrator must see. */
async function numberOf(page: Page): Promise<string> {
  const filter = encodeURIComponent(JSON.stringify({ field: 'max_ot_hours', op: 'le', value: '4' }))
  const answer = await page.request.get(at(`/api/v1/entities/${flow}/records?limit=1&sort=-created_at&filter=${filter}`))
  const { records } = (await answer.json()) as { records: { values: { no: string } }[] }
  const [sheet] = records
  if (!sheet) throw new Error('no sheet of the demo company has little overtime')
  return sheet.values.no
}

test('the administrator is told of three mistakes, mends them, simulates, replays and publishes', async ({ sit }) => {
  test.slow() // one journey from mistake to rollback, with many looks for accessibility
  const admin = await sit('admin')
  await admin.getByRole('link', { name: t('shell.flows'), exact: true }).click()
  await accessible(admin)
  await admin.getByRole('link', { name: '点工单审批' }).click()
  await expect(admin.getByText(t('definitions.clean'))).toBeVisible()
  await accessible(admin)

  await edit(admin, flow, (definition) => {
    // No sheet is at that place: once mended, the flow's own scenarios come out as before.
    nodeOf(definition, 'cost_engineer').when = "chargeback_amount > 0 or location == '厂区外'"
    nodeOf(definition, 'labor_admin').who?.push('role:nobody')
    nodeOf(definition, 'tell_labor').when = 'total_hours > 0 or total_hours <= 0'
  })

  await test.step('each mistake stands at its node, with its reason and a way out', async () => {
    const findings = admin.getByRole('region', { name: t('definitions.findings') })
    await expect(findings.getByRole('listitem')).toHaveCount(3)
    await expect(card(admin, 'cost_engineer')).toContainText('1 个错误')
    await expect(card(admin, 'labor_admin')).toContainText('1 个错误')
    await expect(card(admin, 'tell_labor')).toContainText('1 个提醒')
    await card(admin, 'cost_engineer').focus()
    await admin.keyboard.press('Enter')
    const about = admin.getByRole('region', { name: '成本工程师' })
    await expect(about).toContainText('location')
    await expect(about).toContainText('nz(location')
    await accessible(admin)
    await about.getByRole('button', { name: t('flows.fix') }).click()
    await expect(card(admin, 'cost_engineer')).toContainText('施工部位（空按 “-”） 是 “厂区外”')
    await expect(card(admin, 'cost_engineer')).not.toContainText('错误')
    // Without errors the scenarios of the flow are played too, so the list may grow before it is empty.
    for (const code of ['unknown_name', 'else_unreachable']) {
      const mistake = findings.getByRole('listitem').filter({ hasText: t(`findings.${code}`) })
      await mistake.getByRole('button', { name: t('flows.fix') }).click()
      await expect(mistake).toBeHidden()
    }
    await expect(admin.getByText(t('definitions.clean')).first()).toBeVisible()
  })

  await test.step('a simulation colours the path and says why a node is skipped', async () => {
    const simulation = admin.getByRole('region', { name: t('flows.simulation') })
    await choose(admin, t('flows.person'), '李明')
    await simulation.getByText(t('flows.existing')).first().click()
    await choose(admin, t('flows.existing'), await numberOf(admin))
    await simulation.getByRole('button', { name: t('flows.simulate') }).click()
    await expect(card(admin, 'labor_admin')).toContainText(t('flows.places.skipped'))
    await expect(card(admin, 'team_leader')).toContainText(t('flows.places.done'))
    const result = admin.getByRole('region', { name: t('flows.result') })
    await expect(result).toContainText('最大加班小时')
    await accessible(admin)
    await result.getByRole('button', { name: t('flows.saveScenario') }).click()
    const dialog = admin.getByRole('dialog', { name: t('flows.saveScenario') })
    await dialog.getByLabel(t('flows.scenarioTitle')).fill('加班不多')
    await dialog.getByRole('button', { name: t('common.save') }).click()
    await expect(dialog).toBeHidden()
  })

  await test.step('the scenario passes, and fails when the threshold moves', async () => {
    await admin.getByRole('tab', { name: t('flows.tabs.scenarios') }).click()
    await admin.getByRole('button', { name: t('flows.playScenarios') }).click()
    const saved = admin.getByRole('listitem').filter({ hasText: '加班不多' })
    await expect(saved.getByText(t('flows.passed'), { exact: true })).toBeVisible()
    await accessible(admin)
    await edit(admin, flow, (definition) => {
      nodeOf(definition, 'labor_admin').when = 'max_ot_hours >= 0'
    })
    await expect(admin.getByRole('region', { name: t('definitions.findings') })).toContainText('加班不多')
  })

  await test.step('a replay tells which real sheets would go another way', async () => {
    await admin.getByRole('tab', { name: t('flows.tabs.replay') }).click()
    await admin.getByRole('button', { name: t('flows.replay'), exact: true }).click()
    const differences = admin.getByRole('list', { name: t('flows.differences') })
    await expect(differences).toContainText(t('flows.what.route'))
    await expect(differences).toContainText(t('flows.cause.draft'))
    await accessible(admin)
    await admin.getByRole('tab', { name: t('flows.tabs.table') }).click()
    await expect(admin.getByRole('columnheader', { name: '劳务管理员' })).toBeVisible()
    await accessible(admin)
  })

  await test.step('what is right is published, and the versions show what changed', async () => {
    await edit(admin, flow, (definition) => {
      nodeOf(definition, 'labor_admin').when = "max_ot_hours > setting('labor.ot_check_hours')"
    })
    await publish(admin, '成本工程师也看厂区')
    await admin.getByRole('tab', { name: t('flows.tabs.versions') }).click()
    await expect(admin.getByText('成本工程师也看厂区')).toBeVisible()
    await expect(admin.getByText(/条件.*反扣金额 大于 0 → /).first()).toBeVisible()
    await accessible(admin)
  })

  await test.step('the company goes on as before', async () => {
    await admin.goto(at('/definitions'))
    await admin.getByRole('tab', { name: t('definitions.versions') }).click()
    await admin.getByRole('button', { name: t('definitions.rollback') }).first().click()
    await admin.getByRole('dialog').getByRole('button', { name: t('definitions.rollback') }).click()
    await expect(admin.getByText(t('definitions.publishedAgain'))).toBeVisible()
  })
})

test('an administrator of flows simulates on a phone, and a record says why it went its way', async ({ sit }) => {
  const keeper = await sit('labor', { phone: true })
  await keeper.getByRole('button', { name: t('shell.menuShort') }).click()
  await keeper.getByRole('link', { name: new RegExp(`${t('shell.flows')}$`) }).click()
  await keeper.getByRole('link', { name: '点工单审批' }).click()
  await expect(card(keeper, 'team_leader')).toBeVisible()
  await expect(keeper.getByRole('button', { name: t('flows.fix') })).toHaveCount(0)
  await accessible(keeper)
  const width = await keeper.evaluate(() => document.documentElement.scrollWidth)
  expect(width, 'the page itself does not scroll sideways').toBeLessThanOrEqual(390)

  const underWay = encodeURIComponent(JSON.stringify({ field: 'state', op: 'eq', value: 'running' }))
  const sheets = await keeper.request.get(at(`/api/v1/entities/${flow}/records?limit=1&filter=${underWay}`))
  const { records } = (await sheets.json()) as { records: { id: string }[] }
  const running = records[0]
  if (!running) throw new Error('no sheet of the demo company is under way')
  await keeper.goto(at(`/e/${flow}/r/${running.id}`))
  await keeper.getByText(t('flows.whyTitle')).click()
  await expect(keeper.getByRole('list', { name: t('flows.why') }).first()).toContainText('班组')
  await accessible(keeper)
})
