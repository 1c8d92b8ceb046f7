import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page, Request } from '@playwright/test'
import { at, demo, expect, passwordOf, test, words } from './company'
import { Office } from './office'
import { launch } from './program'
import type { Demo } from './server'
import { approve, DeskSheet, openTask, projects, sign, teams } from './sheet'
import { more } from './verbs'

const t = words('zh-CN')

/** A line on which each question takes this long, in milliseconds. */
async function slow(page: Page, latency: number): Promise<void> {
  const browser = await page.context().newCDPSession(page)
  await browser.send('Network.enable')
  await browser.send('Network.emulateNetworkConditions', { offline: false, latency, downloadThroughput: 90_000, uploadThroughput: 45_000 })
}

/** What the page sends to be done, from now on. */
function commands(page: Page): Request[] {
  const sent: Request[] = []
  page.on('request', (request) => {
    if (request.method() === 'POST' && /\/(records|approve|submit)(\?|$)/.test(request.url())) sent.push(request)
  })
  return sent
}

/** The server does what the next such request asks for, and its answer does not arrive. */
async function loseAnswer(page: Page, method: string, url: RegExp): Promise<void> {
  let lost = false
  await page.route(url, async (route) => {
    if (lost || route.request().method() !== method) return await route.fallback()
    lost = true
    await route.fetch()
    await route.abort('connectionreset')
  })
}

async function fill(sheet: DeskSheet, ago: number, content: string, worker: string): Promise<void> {
  await sheet.begin()
  await sheet.head({ project: projects.P1, team: teams.T1, daysAgo: ago, content })
  await sheet.worker(worker)
}

test('on a slow line a double press submits one sheet, and a double press approves one task', async ({ sit }) => {
  const clerk = await sit('clerk')
  const sheet = new DeskSheet(clerk)
  await fill(sheet, 0, '慢网提交', '王木生')
  await slow(clerk, 800)
  const submitted = commands(clerk)
  await clerk.getByRole('button', { name: t('record.submit'), exact: true }).dblclick()
  await sheet.state('running')
  expect(submitted).toHaveLength(1)
  const number = await sheet.number()

  const foreman = await sit('foreman')
  await openTask(foreman, number)
  await slow(foreman, 800)
  const decided = commands(foreman)
  await foreman.getByRole('button', { name: t('tasks.verb.approve'), exact: true }).click()
  await sign(foreman, 'zh-CN')
  await foreman.getByRole('dialog').getByRole('button', { name: t('tasks.verb.approve') }).dblclick()
  await expect(foreman.getByText(t('tasks.done.approve'), { exact: true })).toBeVisible()
  // Until the next task is there the one that is decided takes no more decisions.
  await expect(foreman.getByRole('heading', { level: 1, name: new RegExp(number) })).toBeHidden()
  expect(decided.filter((request) => request.url().includes('/approve'))).toHaveLength(1)
})

test('offline in the middle of an approval: it is told, the words stay, and it is tried again', async ({ sit }) => {
  const clerk = await sit('clerk')
  const number = await new DeskSheet(clerk).submit({ project: projects.P1, team: teams.T1, daysAgo: 1, content: '断网审批' }, ['王木生'])
  await approve(await sit('foreman'), 'zh-CN', number)
  const manager = await sit('manager', { phone: true })
  await openTask(manager, number)
  await manager.getByRole('button', { name: t('tasks.verb.approve'), exact: true }).tap()
  const dialog = manager.getByRole('dialog')
  await dialog.getByRole('textbox').fill('工时已核')
  // A finger beside the sheet does not sweep the words away.
  await manager.locator('.ant-drawer-mask').tap({ position: { x: 20, y: 20 } })
  await manager.context().setOffline(true)
  await dialog.getByRole('button', { name: t('tasks.verb.approve') }).tap()
  await expect(manager.getByText(t('errors.offline')).first()).toBeVisible()
  await expect(dialog.getByRole('textbox')).toHaveValue('工时已核')
  // Who looks at the sheet once more finds them when he comes back.
  await dialog.getByRole('button', { name: t('common.back') }).tap()
  await expect(dialog).toBeHidden()
  await manager.context().setOffline(false)
  await expect(manager.getByText(t('shell.offline'))).toBeHidden()
  await manager.getByRole('button', { name: t('tasks.verb.approve'), exact: true }).tap()
  await expect(dialog.getByRole('textbox')).toHaveValue('工时已核')
  await dialog.getByRole('button', { name: t('tasks.verb.approve') }).tap()
  await expect(manager.getByText(t('tasks.done.approve'), { exact: true })).toBeVisible()
})

test('an answer that is lost on the way: what is sent again is done once, and a save is no conflict with itself', async ({ sit }) => {
  const clerk = await sit('clerk')
  const sheet = new DeskSheet(clerk)
  await fill(sheet, 2, '丢了回音', '李长根')
  await loseAnswer(clerk, 'POST', /\/records$/)
  await sheet.press('record.saveDraft')
  await expect(clerk.getByText(t('errors.offline'))).toBeVisible()
  await sheet.press('record.saveDraft')
  await sheet.state('draft')
  await sheet.field('work_content').fill('丢了回音，改过')
  await sheet.worker('王木生')
  await loseAnswer(clerk, 'PATCH', /\/records\/[^/]+$/)
  await sheet.press('record.save')
  await expect(clerk.getByText(t('errors.offline')).last()).toBeVisible()
  await sheet.press('record.save')
  await expect(clerk.getByText(t('record.saved')).last()).toBeVisible()
  await expect(clerk.getByRole('dialog', { name: t('conflict.title') })).toBeHidden()
  await loseAnswer(clerk, 'POST', /\/submit$/)
  await sheet.press('record.submit')
  await expect(clerk.getByText(t('errors.offline')).last()).toBeVisible()
  await sheet.press('record.submit')
  await sheet.state('running')

  const number = await sheet.number()
  await clerk.goto(at('/e/day_labor_sheet/v/day_labor_sheets'))
  await expect(clerk.getByRole('row', { name: new RegExp(number) })).toHaveCount(1)
})

test('back while it is being saved: asked to stay, the question goes when it is saved', async ({ sit }) => {
  const clerk = await sit('clerk')
  const sheet = new DeskSheet(clerk)
  await fill(sheet, 2, '保存时返回', '王木生')
  await sheet.press('record.saveDraft')
  await sheet.state('draft')
  await sheet.field('work_content').fill('保存时返回，改过')
  let letThrough = () => undefined as void
  const held = new Promise<void>((resolve) => {
    letThrough = resolve
  })
  await clerk.route(/\/records\/[^/]+$/, async (route) => {
    if (route.request().method() === 'PATCH') await held
    await route.continue()
  })
  await sheet.press('record.save')
  await clerk.getByRole('link', { name: /待办/ }).first().click()
  const asked = clerk.getByRole('dialog', { name: t('leave.titleSaving') })
  await expect(asked).toBeVisible()
  letThrough()
  await expect(asked).toBeHidden()
  await expect(clerk.getByText(t('record.saved')).last()).toBeVisible()
  await expect(sheet.field('work_content')).toHaveValue('保存时返回，改过')
})

test('a page that is closed while a form is filled: it is filled again when it is back, until its writer drops it', async ({ sit }) => {
  const clerk = await sit('clerk')
  const sheet = new DeskSheet(clerk)
  await sheet.begin()
  await sheet.choose('project', projects.P2)
  await sheet.field('work_content').fill('还没保存就没电了')
  clerk.on('dialog', (dialog) => void dialog.accept())
  await clerk.waitForTimeout(800) // it is kept when typing rests
  await clerk.reload()
  await expect(clerk.getByText(t('kept.drop'))).toBeVisible()
  await expect(sheet.field('work_content')).toHaveValue('还没保存就没电了')
  await expect(clerk.locator('.ant-select').filter({ has: sheet.field('project') })).toContainText(projects.P2)
  // A window that is made as narrow as a phone's is built anew and holds the same.
  await clerk.setViewportSize({ width: 700, height: 900 })
  await expect(sheet.field('work_content')).toHaveValue('还没保存就没电了')
  await clerk.getByRole('button', { name: t('kept.drop') }).click()
  await expect(sheet.field('work_content')).toHaveValue('')
  await expect(clerk.getByText(t('kept.drop'))).toBeHidden()
  await clerk.reload()
  await expect(sheet.field('work_content')).toHaveValue('')
})

test('who changes a sheet hears at once that somebody else has changed it', async ({ sit }) => {
  const first = await sit('clerk')
  const sheet = new DeskSheet(first)
  await fill(sheet, 3, '两人同改', '王木生')
  await sheet.press('record.saveDraft')
  await sheet.state('draft')
  const other = await first.context().newPage()
  await other.goto(first.url())
  const same = new DeskSheet(other)
  await expect(same.field('work_content')).toHaveValue('两人同改')
  await same.field('work_content').fill('两人同改：我的')
  await sheet.field('work_content').fill('两人同改：他的')
  await sheet.press('record.save')
  await expect(other.getByText(t('conflict.whileEditing'))).toBeVisible()
  await expect(same.field('work_content')).toHaveValue('两人同改：我的')
  await same.press('record.save')
  await other.getByRole('dialog', { name: t('conflict.title') }).getByRole('button', { name: t('conflict.reapply') }).click()
  await expect(same.field('work_content')).toHaveValue('两人同改：我的')
  await expect(other.getByText(t('conflict.whileEditing'))).toBeHidden()
})

test('a session that has ended is asked for once; who goes on without is asked again when he saves', async ({ sit }) => {
  const clerk = await sit('clerk')
  const sheet = new DeskSheet(clerk)
  await sheet.begin()
  await sheet.head({ project: projects.P2, team: teams.T3, daysAgo: 1, content: '先看完再登录' })
  await sheet.worker('徐志刚')
  await clerk.context().clearCookies()
  const dialog = clerk.getByRole('dialog', { name: t('session.ended') })
  await dialog.getByRole('button', { name: '关闭' }).click()
  await expect(dialog).toBeHidden()
  // Several of the page's own questions come and go.
  for (let asked = 0; asked < 2; asked++) await clerk.waitForResponse(/\/api\/v1\/changes/)
  await expect(dialog).toBeHidden()
  await sheet.press('record.saveDraft')
  await dialog.getByLabel(t('signIn.password'), { exact: true }).fill(passwordOf('clerk'))
  await dialog.getByRole('button', { name: t('session.continue') }).click()
  await sheet.state('draft')
})

test('the server restarts under an open page: it is told, and the page goes on with live numbers', async ({ door }) => {
  const prepared = process.env['FORMWORK_E2E_PREPARED']
  const first = await launch({ args: ['--demo'], ...(prepared ? { copyOf: prepared } : {}) })
  const running = [first]
  try {
    const company = JSON.parse(readFileSync(join(first.data, 'demo.json'), 'utf8')) as Demo
    const foreman = await door()
    await foreman.goto(`${first.url}/sign-in`)
    await foreman.getByLabel(t('signIn.login'), { exact: true }).fill('foreman')
    await foreman.getByLabel(t('signIn.password'), { exact: true }).fill(passwordOf('foreman', company))
    await foreman.getByRole('button', { name: t('signIn.enter'), exact: true }).click()
    const waiting = foreman.getByRole('link', { name: /^待办，/ })
    const task = await foreman.getByRole('main').getByRole('listitem').getByRole('link').first().getAttribute('href')
    const before = await waiting.getAttribute('aria-label')

    await first.halt()
    await expect(foreman.getByText(t('shell.unreachable'))).toBeVisible()
    const again = await launch({ args: ['--demo', '--listen', new URL(first.url).host], copyOf: first.data })
    running.push(again)
    await expect(foreman.getByText(t('shell.unreachable'))).toBeHidden()
    const office = await Office.of('foreman', passwordOf('foreman', company), again.url)
    await office.post(`${(task ?? '').slice(1)}/reject`, { comment: '人数不符' })
    await office.leave()
    await expect(waiting).not.toHaveAttribute('aria-label', before ?? '')
  } finally {
    for (const each of running) await each.stop()
  }
})

test('from a message on the phone to a decision: one press opens the task, two decide it', async ({ sit }) => {
  const clerk = await sit('clerk')
  const number = await new DeskSheet(clerk).submit({ project: projects.P1, team: teams.T2, daysAgo: 0, content: '消息直达' }, ['何秀英'])
  await approve(await sit('foreman'), 'zh-CN', number)
  await clerk.reload()
  await more(clerk, t('verbs.verb.remind'))
  await clerk.getByRole('dialog').getByRole('button', { name: t('verbs.verb.remind') }).click()
  await expect(clerk.getByText(t('verbs.done.remind'))).toBeVisible()
  const manager = await sit('manager', { phone: true })
  await manager.getByRole('link', { name: t('shell.messagesCount_other', { count: 1 }) }).tap()
  const message = manager.getByRole('listitem').filter({ hasText: number })
  await message.getByRole('link', { name: t('inbox.openTask') }).tap()
  await manager.getByRole('button', { name: t('tasks.verb.approve'), exact: true }).tap()
  await manager.getByRole('dialog').getByRole('button', { name: t('tasks.verb.approve') }).tap()
  await expect(manager.getByText(t('tasks.done.approve'), { exact: true })).toBeVisible()

  await manager.goto(`${demo().url}/tasks/day_labor_sheet.gone.1`)
  await expect(manager.getByRole('heading', { name: t('tasks.gone.title') })).toBeVisible()
})
