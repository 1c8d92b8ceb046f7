import { accessible, at, expect, fitsWidth, test, words } from './company'
import { approve, DeskSheet, daysAgo, projects, teams } from './sheet'

const t = words('zh-CN')
const board = '点工中心'
const byDay = '每日工数与金额'

test('what a clerk enters and his superiors approve is a figure, and the figure leads back to the sheet', async ({ sit }) => {
  const clerk = await sit('clerk')
  const head = { project: projects.P1, team: teams.T1, daysAgo: 2, content: '清理五层楼面' }
  const number = await new DeskSheet(clerk).submit(head, ['张大力'])
  await approve(await sit('foreman'), 'zh-CN', number)
  const manager = await sit('manager')
  await approve(manager, 'zh-CN', number)

  await manager.getByRole('link', { name: board, exact: true }).click()
  await expect(manager.getByRole('heading', { level: 1, name: board })).toBeVisible()
  const card = manager.getByRole('region', { name: byDay })
  await expect(card.getByRole('img', { name: t('report.kind.bar') })).toBeVisible()
  await accessible(manager)

  await card.getByRole('button', { name: t('report.asTable', { title: byDay }) }).click()
  await expect(card.getByRole('row', { name: t('grid.total') })).toBeVisible()
  await accessible(manager)
  await card.getByRole('button', { name: daysAgo(2) }).click()
  await expect(manager.getByText(t('list.fromReport'))).toBeVisible()
  await expect(manager.getByRole('row', { name: new RegExp(number) })).toBeVisible()
  await accessible(manager)
  await manager.getByRole('button', { name: t('list.showAll') }).click()
  await expect(manager.getByText(t('list.fromReport'))).toBeHidden()
})

test('a period without work has no figures, and the address keeps the period', async ({ sit }) => {
  const labor = await sit('labor')
  await labor.goto(at('/d/labor_center'))
  await labor.getByLabel('结束').fill('2020-01-31')
  await labor.getByLabel('结束').press('Enter')
  await expect(labor).toHaveURL(/2020-01-31/)
  await labor.getByLabel('开始').fill('2020-01-01')
  await labor.getByLabel('开始').press('Enter')
  await expect(labor).toHaveURL(/2020-01-01/)
  const card = labor.getByRole('region', { name: byDay })
  await expect(card.getByText(t('report.none'))).toBeVisible()
  await labor.reload()
  await expect(labor.getByLabel('开始')).toHaveValue('2020-01-01')
  await expect(card.getByText(t('report.none'))).toBeVisible()
})

test('amounts are read in ten thousands, a card fills the window, a table is sorted', async ({ sit }) => {
  const labor = await sit('labor')
  await labor.goto(at('/d/labor_center'))
  await labor.getByText(t('report.unit.wan'), { exact: true }).click()
  await expect(labor).toHaveURL(/unit=wan/)
  const card = labor.getByRole('region', { name: '班组人工成本' })
  await expect(card.getByText(t('report.unit.wan'))).toBeVisible()
  await card.getByRole('button', { name: t('report.full', { title: '班组人工成本' }) }).click()
  const dialog = labor.getByRole('dialog', { name: '班组人工成本' })
  await expect(dialog).toBeVisible()
  await accessible(labor)
  await labor.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await card.getByRole('link', { name: '班组人工成本' }).click()
  await expect(labor).toHaveURL(/\/q\/labor_by_team/)
  await labor.getByRole('columnheader', { name: '人工成本' }).click()
  await expect(labor).toHaveURL(/sort=labor_cost/)
  await accessible(labor)
})

test('on a phone the cards stand below each other', async ({ sit }) => {
  const page = await sit('manager', { phone: true })
  await page.goto(at('/d/labor_center'))
  await expect(page.getByRole('region', { name: byDay })).toBeVisible()
  await fitsWidth(page)
  await accessible(page)
  await page.goto(at('/q/labor_by_worker'))
  await expect(page.getByRole('columnheader', { name: '工人' })).toBeVisible()
  await fitsWidth(page)
  await accessible(page)
})

test('a dashboard takes the whole screen, is made anew there by itself, and gives it back', async ({ sit }) => {
  const labor = await sit('labor')
  await labor.clock.install()
  await labor.goto(at('/d/labor_center'))
  const card = labor.getByRole('region', { name: byDay })
  await expect(card).toBeVisible()
  const before = await card.boundingBox()
  await labor.getByRole('button', { name: `fullscreen ${t('report.screen')}`, exact: true }).click()
  const leave = labor.getByRole('button', { name: t('report.leaveScreen') })
  await expect(leave).toBeVisible()
  expect(await labor.evaluate(() => document.fullscreenElement === document.documentElement)).toBe(true)
  await expect(labor.getByRole('navigation', { name: t('shell.menu') })).toBeHidden()
  await expect.poll(async () => (await card.boundingBox())?.width ?? 0).toBeGreaterThan(before?.width ?? 0)
  const again = labor.waitForResponse((response) => response.url().endsWith('/dashboards/labor_center/run'))
  await labor.clock.fastForward(61_000)
  await again
  await labor.clock.fastForward(1000) // buttons that were busy have their colour again
  await accessible(labor)
  await leave.click()
  await expect(labor.getByRole('navigation', { name: t('shell.menu') })).toBeVisible()
  await expect.poll(() => labor.evaluate(() => document.fullscreenElement)).toBeNull()
})

test('where the browser does not give the screen the dashboard fills the window, and Esc leaves it', async ({ sit }) => {
  const labor = await sit('labor')
  await labor.addInitScript(() => Object.defineProperty(document, 'fullscreenEnabled', { get: () => false }))
  await labor.goto(at('/d/labor_center'))
  await labor.getByRole('button', { name: `fullscreen ${t('report.screen')}`, exact: true }).click()
  await expect(labor.getByRole('navigation', { name: t('shell.menu') })).toBeHidden()
  expect(await labor.evaluate(() => document.fullscreenElement)).toBeNull()
  await labor.keyboard.press('Escape')
  await expect(labor.getByRole('navigation', { name: t('shell.menu') })).toBeVisible()

  const phone = await sit('labor', { phone: true })
  await phone.addInitScript(() => Object.defineProperty(document, 'fullscreenEnabled', { get: () => false }))
  await phone.goto(at('/d/labor_center'))
  await expect(phone.getByRole('region', { name: byDay })).toBeVisible()
  await expect(phone.getByRole('button', { name: `fullscreen ${t('report.screen')}`, exact: true })).toHaveCount(0)
})
