import { accessible, at, expect, test, words } from './company'
import { approve, DeskSheet, openTask, projects, teams } from './sheet'

const t = words('zh-CN')

test('a clerk fills a sheet on the desk, is told what is missing, and the foreman and the manager approve it', async ({ sit }) => {
  const clerk = await sit('clerk')
  const sheet = new DeskSheet(clerk)
  await sheet.begin()
  await accessible(clerk)

  await sheet.press('record.submit')
  const summary = clerk.getByRole('alert').filter({ hasText: '需要修改' })
  await expect(summary).toContainText(`工作内容：${t('problems.required')}`)
  await expect(sheet.field('project')).toBeFocused()

  await sheet.head({ project: projects.P1, team: teams.T1, daysAgo: 0, content: '三号楼地下室清理积水' })
  await sheet.worker('张大力')
  await expect(sheet.cell(1, 1)).toHaveText('8 h')
  await expect(sheet.cell(1, 3)).toHaveText('1.0000')
  await sheet.worker('李长根')
  await sheet.cell(2, 2).click()
  await clerk.keyboard.type('2')
  // While typing, before anything is saved: 8 + 8 hours at 8 h, and 2 h of overtime.
  await expect(sheet.shown('total_gong')).toHaveText('2.2500')
  await clerk.keyboard.press('Tab')

  await sheet.type(1, 1, '7.3')
  await expect(sheet.cell(1, 1)).toHaveAccessibleDescription(/0\.5/)
  await sheet.type(1, 1, '8')
  await sheet.press('record.submit')
  await sheet.state('running')
  await accessible(clerk)
  const number = await sheet.number()

  await approve(await sit('foreman'), 'zh-CN', number, '人数属实')

  const manager = await sit('manager')
  await accessible(manager)
  await openTask(manager, number)
  await expect(manager.getByRole('grid')).toContainText('张大力')
  await accessible(manager)
  await manager.getByRole('button', { name: t('tasks.verb.approve'), exact: true }).click()
  await manager.getByRole('dialog').getByRole('textbox').fill('情况属实')
  await manager.getByRole('dialog').getByRole('button', { name: t('tasks.verb.approve') }).click()
  await expect(manager.getByText(t('tasks.done.approve'))).toBeVisible()

  await clerk.reload()
  await sheet.state('approved')
  await expect(clerk.getByRole('region', { name: t('timeline.title') })).toContainText('情况属实')

  await clerk.goto(at('/e/day_labor_sheet/v/day_labor_sheets'))
  await expect(clerk.getByRole('row', { name: new RegExp(number) })).toContainText(t('state.approved'))
  await accessible(clerk)
})

test('a worker without contract needs a reason; much overtime goes to the labor administrator, who corrects it', async ({ sit }) => {
  const clerk = await sit('clerk')
  const sheet = new DeskSheet(clerk)
  await sheet.begin()
  await sheet.head({ project: projects.P2, team: teams.T3, daysAgo: 1, content: '抢浇管沟垫层' })
  await sheet.worker('朱桂芳')
  await sheet.type(1, 2, '5')
  await sheet.press('record.submit')
  const dialog = clerk.getByRole('dialog', { name: t('warnings.title') })
  await expect(dialog).toContainText('未签合同或未做安全培训')
  await accessible(clerk)
  await dialog.getByRole('textbox').fill('合同今天补签')
  await dialog.getByRole('button', { name: t('warnings.go') }).click()
  await sheet.state('running')
  const number = await sheet.number()

  await approve(await sit('foreman'), 'zh-CN', number)

  const labor = await sit('labor')
  await openTask(labor, number)
  await expect(labor.getByRole('region', { name: t('timeline.title') })).toContainText('合同今天补签')
  const task = new DeskSheet(labor)
  await task.cell(1, 2).click()
  await labor.keyboard.type('4')
  // Nine hours make a day here, and six of overtime.
  await expect(task.shown('total_gong')).toHaveText('1.6667')
  await labor.keyboard.press('Tab')
  await labor.getByRole('button', { name: t('tasks.verb.approve'), exact: true }).click()
  await labor.getByRole('dialog').getByRole('button', { name: t('tasks.verb.approve') }).click()
  await expect(labor.getByText(t('tasks.done.approve'))).toBeVisible()

  const manager = await sit('manager')
  await openTask(manager, number)
  const history = manager.getByRole('region', { name: t('timeline.title') })
  await expect(history).toContainText('加班小时')
  await expect(history.locator('ins')).toContainText(['4 h'])
})

test('a rejection needs words and is final; a copy can be made', async ({ sit }) => {
  const clerk = await sit('clerk')
  const sheet = new DeskSheet(clerk)
  const head = { project: projects.P1, team: teams.T1, daysAgo: 2, content: '清理外架垃圾' }
  const number = await sheet.submit(head, ['刘铁柱'])

  const foreman = await sit('foreman')
  await openTask(foreman, number)
  await foreman.getByRole('button', { name: t('tasks.verb.reject'), exact: true }).click()
  const dialog = foreman.getByRole('dialog')
  await expect(dialog.getByRole('button', { name: t('tasks.verb.reject') })).toBeDisabled()
  await dialog.getByRole('textbox').fill('当天没有这项工作')
  await accessible(foreman)
  await dialog.getByRole('button', { name: t('tasks.verb.reject') }).click()
  await expect(foreman.getByText(t('tasks.done.reject'))).toBeVisible()

  await clerk.reload()
  await sheet.state('rejected')
  await expect(clerk.getByRole('button', { name: t('record.edit') })).toBeHidden()
  await sheet.press('record.copy')
  await expect(clerk.getByRole('heading', { level: 1, name: t('record.new', { kind: '点工单' }) })).toBeVisible()
  await expect(sheet.field('work_content')).toHaveValue('清理外架垃圾')
  await expect(sheet.cell(1, 0)).toHaveText('刘铁柱')
})

test('a returned sheet is changed and resubmitted', async ({ sit }) => {
  const clerk = await sit('clerk')
  const sheet = new DeskSheet(clerk)
  const head = { project: projects.P1, team: teams.T1, daysAgo: 3, content: '砌筑' }
  const number = await sheet.submit(head, ['张大力'])

  const foreman = await sit('foreman')
  await openTask(foreman, number)
  await foreman.getByRole('button', { name: t('tasks.verb.return'), exact: true }).click()
  await foreman.getByRole('dialog').getByRole('textbox').fill('请写明施工部位')
  await foreman.getByRole('dialog').getByRole('button', { name: t('tasks.verb.return') }).click()
  await expect(foreman.getByText(t('tasks.done.return'))).toBeVisible()

  await clerk.reload()
  await sheet.state('returned')
  await expect(clerk.getByRole('region', { name: t('timeline.title') })).toContainText('请写明施工部位')
  await sheet.field('work_content').fill('砌筑二号楼卫生间隔墙')
  await sheet.press('record.resubmit')
  await sheet.state('running')

  await openTask(foreman, number)
  await expect(foreman.getByRole('main')).toContainText('砌筑二号楼卫生间隔墙')
})

test('what was submitted can be withdrawn before anybody acted', async ({ sit }) => {
  const clerk = await sit('clerk')
  const sheet = new DeskSheet(clerk)
  const head = { project: projects.P1, team: teams.T2, daysAgo: 1, content: '搬运模板' }
  await sheet.submit(head, ['陈阿福'])
  await sheet.press('record.more')
  await clerk.getByRole('menuitem', { name: t('record.withdraw') }).click()
  await clerk.getByRole('dialog').getByRole('button', { name: t('record.withdraw') }).click()
  await sheet.state('draft')
  await expect(clerk.getByRole('textbox', { name: /^工作内容/ })).toBeEditable() // the form is open again, not only its record read
})
