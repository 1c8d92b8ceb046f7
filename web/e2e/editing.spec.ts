import { at, expect, passwordOf, test, words } from './company'
import { DeskSheet, projects, teams } from './sheet'

const t = words('zh-CN')

test('two people change one sheet: the second sees the difference and keeps his change', async ({ sit }) => {
  const first = await sit('clerk')
  const sheet = new DeskSheet(first)
  await sheet.begin()
  await sheet.head({ project: projects.P1, team: teams.T2, daysAgo: 2, content: '材料转运' })
  await sheet.worker('何秀英')
  await sheet.press('record.saveDraft')
  await sheet.state('draft')

  const other = await first.context().newPage()
  await other.goto(first.url())
  const same = new DeskSheet(other)
  await expect(same.field('work_content')).toHaveValue('材料转运')

  await sheet.field('work_content').fill('材料转运到一号楼')
  await sheet.press('record.save')
  await expect(first.getByText(t('record.saved')).last()).toBeVisible()

  await other.getByLabel('施工部位').fill('二层')
  await same.press('record.save')
  const dialog = other.getByRole('dialog', { name: t('conflict.title') })
  await expect(dialog.getByRole('row', { name: /工作内容/ })).toContainText('材料转运到一号楼')
  await dialog.getByRole('button', { name: t('conflict.reapply') }).click()
  await expect(same.field('work_content')).toHaveValue('材料转运到一号楼')
  await expect(other.getByLabel('施工部位')).toHaveValue('二层')
  await same.press('record.save')
  await expect(other.getByText(t('record.saved'))).toBeVisible()
})

test('rows copied from a spreadsheet are pasted, names become workers', async ({ sit }) => {
  const clerk = await sit('clerk')
  await clerk.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  const sheet = new DeskSheet(clerk)
  await sheet.begin()
  await sheet.head({ project: projects.P2, team: teams.T3, daysAgo: 0, content: '路基整平' })
  await clerk.getByRole('button', { name: t('grid.addRow') }).click()
  await clerk.evaluate(() => navigator.clipboard.writeText('徐志刚\t9\t0\n胡永强\t８.5\t1.5\n'))
  await clerk.keyboard.press('Control+V')
  await expect(sheet.cell(2, 0)).toHaveText('胡永强')
  await expect(sheet.cell(1, 1)).toHaveText('9 h')
  await expect(sheet.cell(2, 1)).toHaveText('8.5 h')
  await expect(sheet.cell(2, 2)).toHaveText('1.5 h')
  // Nine hours make a day here: 9/9 + 8.5/9, and six hours of overtime make one.
  await expect(sheet.shown('total_gong')).toHaveText('2.1944')
})

test('the session ends while typing: the form stays and the save goes on after the password', async ({ sit }) => {
  const clerk = await sit('clerk')
  const sheet = new DeskSheet(clerk)
  await sheet.begin()
  await sheet.head({ project: projects.P2, team: teams.T3, daysAgo: 1, content: '管沟回填' })
  await sheet.worker('徐志刚')
  await clerk.context().clearCookies()
  // The page asks for news by itself, so the dialog may come before the click does; then the click waits for it to go.
  const pressed = sheet.press('record.saveDraft')
  const dialog = clerk.getByRole('dialog', { name: t('session.ended') })
  await dialog.getByLabel(t('signIn.password'), { exact: true }).fill(passwordOf('clerk'))
  await dialog.getByRole('button', { name: t('session.continue') }).click()
  await pressed
  await sheet.state('draft')
  await expect(sheet.field('work_content')).toHaveValue('管沟回填')
})

test('leaving a form with unsaved values asks first; a lost network is told', async ({ sit }) => {
  const clerk = await sit('clerk')
  const sheet = new DeskSheet(clerk)
  await sheet.begin()
  await sheet.field('work_content').fill('未保存')
  await clerk.getByRole('link', { name: /待办/ }).first().click()
  const dialog = clerk.getByRole('dialog', { name: t('leave.title') })
  await dialog.getByRole('button', { name: t('leave.stay') }).click()
  await expect(sheet.field('work_content')).toHaveValue('未保存')

  await clerk.context().setOffline(true)
  await expect(clerk.getByText(t('shell.offline'))).toBeVisible()
  await sheet.press('record.saveDraft')
  await expect(clerk.getByText(t('errors.offline'))).toBeVisible()
  await clerk.context().setOffline(false)
  await expect(clerk.getByText(t('shell.offline'))).toBeHidden()

  await clerk.getByRole('link', { name: /待办/ }).first().click()
  await dialog.getByRole('button', { name: t('leave.go') }).click()
  await expect(clerk).toHaveURL(at('/'))
})
