import type { Locator } from '@playwright/test'
import { accessible, at, expect, test, words } from './company'
import { Keys, watchPointer } from './crew'
import { approve, DeskSheet, daysAgo, projects, teams } from './sheet'

const t = words('zh-CN')

/** What has the focus is seen to have it: a ring, or a frame in the colour of the house. */
async function focusSeen(target: Locator): Promise<void> {
  await expect(target).toBeFocused()
  const seen = await target.evaluate((element) => {
    const framed = element.closest('.ant-select, .ant-input-affix-wrapper, .ant-picker') ?? element
    const [own, frame] = [getComputedStyle(element), getComputedStyle(framed)]
    const ring = own.outlineStyle !== 'none' && Number.parseFloat(own.outlineWidth) >= 1
    return ring || frame.boxShadow !== 'none' || frame.outlineStyle !== 'none'
  })
  expect(seen).toBe(true)
}

async function enter(keys: Keys, target: Locator): Promise<void> {
  await keys.tabTo(target)
  await focusSeen(target)
  await keys.press('Enter')
}

test('by keyboard alone: from the list to a draft, changed and submitted', async ({ sit }) => {
  const clerk = await sit('clerk')
  const sheet = new DeskSheet(clerk)
  await sheet.begin()
  await sheet.head({ project: projects.P1, team: teams.T1, daysAgo: 0, content: '键盘提交' })
  await sheet.worker('王木生')
  await sheet.press('record.saveDraft')
  await sheet.state('draft')
  const number = await sheet.number()
  await clerk.goto(at('/e/day_labor_sheet/v/day_labor_sheets'))
  const pointed = await watchPointer(clerk)
  const keys = new Keys(clerk)
  const row = clerk.getByRole('link', { name: number, exact: true })
  await expect(row).toBeVisible()
  await clerk.getByRole('searchbox', { name: t('list.search') }).or(clerk.getByLabel(t('list.search'))).first().focus()
  await enter(keys, row)
  // The next page begins at its beginning.
  await expect(clerk.getByRole('main')).toBeFocused()
  await keys.tabTo(sheet.field('work_content'))
  await focusSeen(sheet.field('work_content'))
  await keys.press('End')
  await keys.type('2')
  await expect(sheet.field('work_content')).toHaveValue('键盘提交2')
  const submit = clerk.getByRole('button', { name: t('record.submit'), exact: true })
  for (let tries = 0; tries < 80 && !(await submit.evaluate((element) => element === document.activeElement)); tries++) {
    await keys.press('Tab')
  }
  await focusSeen(submit)
  await keys.press('Enter')
  await sheet.state('running')
  expect(await pointed()).toBe(0)
})

test('by keyboard alone: from the to-do centre to a rejection with its reason; a dialog gives the focus back', async ({ sit }) => {
  const clerk = await sit('clerk')
  const number = await new DeskSheet(clerk).submit({ project: projects.P1, team: teams.T1, daysAgo: 1, content: '键盘拒绝' }, ['王木生'])
  await approve(await sit('foreman'), 'zh-CN', number)
  const manager = await sit('manager')
  await manager.goto(at('/'))
  const pointed = await watchPointer(manager)
  const keys = new Keys(manager)
  const card = manager.getByRole('link', { name: new RegExp(number) })
  await expect(card).toBeVisible()
  await manager.getByRole('tab', { selected: true }).focus()
  await enter(keys, card)
  await expect(manager.getByRole('heading', { level: 1, name: new RegExp(number) })).toBeVisible()
  const reject = manager.getByRole('button', { name: t('tasks.verb.reject'), exact: true })
  for (let tries = 0; tries < 80 && !(await reject.evaluate((element) => element === document.activeElement)); tries++) {
    await keys.press('Tab')
  }
  await focusSeen(reject)
  await keys.press('Enter')
  const dialog = manager.getByRole('dialog')
  await expect(dialog.getByRole('textbox')).toBeFocused()
  await accessible(manager)
  // Without a reason it cannot be sent; Esc leads back to where the question came from.
  await expect(dialog.getByRole('button', { name: t('tasks.verb.reject') })).toBeDisabled()
  await keys.press('Escape')
  await expect(dialog).toBeHidden()
  await expect(reject).toBeFocused()
  await keys.press('Enter')
  await expect(dialog.getByRole('textbox')).toBeFocused()
  await keys.words('人数与现场不符')
  await keys.press('Control+Enter')
  await expect(manager.getByText(t('tasks.done.reject'), { exact: true })).toBeVisible()
  // What is shown next begins at its beginning.
  await expect(manager.getByRole('main')).toBeFocused()
  expect(await pointed()).toBe(0)
})

test('who presses beside everything wants the focus nowhere; a dialog closed by a finger brings up no keyboard', async ({ sit }) => {
  const clerk = await sit('clerk')
  await clerk.goto(at('/account'))
  const add = clerk.getByRole('button', { name: t('proxies.add') })
  await add.click()
  await clerk.getByRole('dialog').getByRole('button', { name: t('common.back') }).click()
  await expect(add).toBeFocused()
  await clerk.getByRole('heading', { level: 1 }).click()
  await expect(add).not.toBeFocused()

  const phone = await sit('clerk', { phone: true })
  await phone.goto(at('/'))
  const search = phone.getByLabel(t('tasks.search')).first()
  await search.tap()
  await expect(search).toBeFocused()
  await phone.getByRole('button', { name: t('list.filter') }).tap()
  await phone.getByRole('dialog').getByRole('button', { name: t('list.show') }).tap()
  await expect(phone.getByRole('dialog')).toBeHidden()
  await expect(search).not.toBeFocused()
})

test('a Chinese phone shows the days of an English page as that page writes them', async ({ sit }) => {
  const clerk = await sit('clerk', { phone: true })
  await clerk.goto(at('/account'))
  await clerk.getByText('English', { exact: true }).click()
  await expect(clerk.locator('html')).toHaveAttribute('lang', 'en')
  await clerk.goto(at('/e/day_labor_sheet/new'))
  const day = clerk.getByLabel(/^Work date/)
  await expect(day).toHaveAttribute('type', 'date')
  const written = clerk.locator('.fw-native-date', { has: day }).locator('.fw-native-date-text')
  await day.fill('')
  await expect(written).toHaveText('YYYY-MM-DD')
  await day.fill(daysAgo(2))
  await expect(written).toHaveText(daysAgo(2))
  // Nothing of what the browser itself writes is seen: without our writing one day looks like another.
  await clerk.getByRole('heading', { level: 1 }).tap()
  await clerk.addStyleTag({ content: '.fw-native-date-text { visibility: hidden }' })
  const one = await day.screenshot({ animations: 'disabled' })
  await day.fill(daysAgo(3))
  await clerk.getByRole('heading', { level: 1 }).tap()
  const another = await day.screenshot({ animations: 'disabled' })
  expect(one.equals(another)).toBe(true)
  await clerk.goto(at('/account'))
  await clerk.getByText('中文', { exact: true }).click()
  await expect(clerk.locator('html')).toHaveAttribute('lang', 'zh-CN')
})
