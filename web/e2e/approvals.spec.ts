import type { Page } from '@playwright/test'
import { accessible, at, expect, fitsWidth, test, words } from './company'
import { approve, DeskSheet, openTask, projects, teams } from './sheet'
import { colleague, more } from './verbs'

const t = words('zh-CN')

async function timeline(page: Page, number: string): Promise<void> {
  await page.goto(at('/?tab=started'))
  await page.getByRole('link', { name: new RegExp(number) }).click()
}

test('a task is delegated, handed back and transferred, and the history says who did what', async ({ sit }) => {
  const clerk = await sit('clerk')
  const head = { project: projects.P1, team: teams.T2, daysAgo: 0, content: '样板间保洁' }
  const number = await new DeskSheet(clerk).submit(head, ['陈阿福'])

  const foreman = await sit('foreman')
  await openTask(foreman, number)
  await more(foreman, t('tasks.verb.delegate'))
  await colleague(foreman, t('verbs.person.delegate'), '周敏')
  await accessible(foreman)
  await foreman.getByRole('dialog').getByRole('button', { name: t('tasks.verb.delegate') }).click()
  await expect(foreman.getByText(t('tasks.done.delegate'), { exact: true })).toBeVisible()

  const labor = await sit('labor')
  await openTask(labor, number)
  await labor.getByRole('button', { name: t('tasks.verb.resolve'), exact: true }).click()
  await labor.getByRole('dialog').getByRole('textbox').fill('工时属实')
  const proof = { name: '考勤记录.txt', mimeType: 'text/plain', buffer: Buffer.from('8 h') }
  await labor.getByRole('dialog').locator('input[type=file]').setInputFiles(proof)
  await expect(labor.getByRole('button', { name: t('files.remove', { name: proof.name }) })).toBeVisible()
  await labor.getByRole('dialog').getByRole('button', { name: t('tasks.verb.resolve') }).click()
  await expect(labor.getByText(t('tasks.done.resolve'), { exact: true })).toBeVisible()

  await approve(foreman, 'zh-CN', number)
  const manager = await sit('manager')
  await openTask(manager, number)
  await more(manager, t('tasks.verb.transfer'))
  await colleague(manager, t('verbs.person.transfer'), '周建平')
  await manager.getByRole('dialog').getByRole('button', { name: t('tasks.verb.transfer') }).click()
  await expect(manager.getByText(t('tasks.done.transfer'), { exact: true })).toBeVisible()

  const director = await sit('director')
  await approve(director, 'zh-CN', number, '同意')

  await timeline(clerk, number)
  const history = clerk.getByRole('region', { name: t('timeline.title') })
  await expect(history.getByText('工时属实')).toBeVisible()
  await expect(history.getByRole('link', { name: t('files.download', { name: proof.name }) })).toBeVisible()
  for (const [name, event] of [
    ['孙国强', 'delegated'],
    ['周敏', 'resolved'],
    ['赵建华', 'transferred'],
    ['周建平', 'approved'],
  ] as const) {
    await expect(
      history.getByRole('listitem').filter({ hasText: name }).filter({ hasText: t(`event.${event}`) }).first(),
    ).toBeVisible()
  }

  // The copy that closes the flow is read together with the others.
  await labor.goto(at('/?tab=cc'))
  await labor.getByRole('button', { name: t('tasks.select'), exact: true }).click()
  await labor.getByRole('button', { name: t('tasks.batch.all') }).click()
  await accessible(labor)
  await labor.getByRole('button', { name: t('tasks.batch.read') }).click()
  await expect(labor.getByRole('tab', { name: t('tasks.tab.cc'), exact: true })).toBeVisible()
})

test('who is away names a proxy, who approves on a phone in two taps', async ({ sit }) => {
  const manager = await sit('manager')
  await manager.goto(at('/account'))
  await manager.getByRole('button', { name: t('proxies.add') }).click()
  await colleague(manager, t('proxies.to'), '林晓岚')
  await accessible(manager)
  await manager.getByRole('dialog').getByRole('button', { name: t('proxies.add') }).click()
  await expect(manager.getByText(t('proxies.given', { name: '林晓岚' }))).toBeVisible()

  // The labor administrator enters what the clerk may not enter any more.
  const clerk = await sit('labor')
  const head = { project: projects.P1, team: teams.T2, daysAgo: 4, content: '垃圾外运' }
  const number = await new DeskSheet(clerk).submit(head, ['黄建国'])
  await approve(await sit('foreman'), 'zh-CN', number)

  const finance = await sit('finance', { phone: true })
  await finance.goto(at('/?tab=proxied'))
  await finance.getByRole('link', { name: new RegExp(number) }).click()
  await expect(finance.getByRole('heading', { level: 1, name: new RegExp(number) })).toBeVisible()
  await fitsWidth(finance)
  await finance.getByRole('button', { name: t('tasks.verb.approve'), exact: true }).tap()
  await finance.getByRole('dialog').getByRole('button', { name: t('tasks.verb.approve') }).tap()
  await expect(finance.getByText(t('tasks.done.approve'), { exact: true })).toBeVisible()

  await timeline(clerk, number)
  await expect(clerk.getByText(t('timeline.standsFor', { name: '赵建华' })).first()).toBeVisible()

  await manager.getByRole('button', { name: t('proxies.end'), exact: true }).click()
  await manager.getByRole('dialog').getByRole('button', { name: t('proxies.end') }).click()
  await expect(manager.getByRole('button', { name: t('proxies.end'), exact: true })).toBeHidden()
})

test('who administers the flows watches them and gives a task to somebody else, with a reason', async ({ sit }) => {
  const admin = await sit('labor')
  await admin.getByRole('link', { name: t('shell.monitor') }).click()
  await expect(admin.getByRole('heading', { level: 1, name: t('monitor.title') })).toBeVisible()
  await accessible(admin)
  await admin.getByRole('tab', { name: t('monitor.tab.tasks'), exact: true }).click()
  // The demo's own sheet of today waits for the foreman.
  const row = admin.getByRole('row', { name: /DG-P3-T4-/ }).filter({ hasText: '孙国强' }).first()
  await row.getByRole('checkbox').check()
  await admin.getByRole('button', { name: t('monitor.reassign_other', { count: 1 }) }).click()
  await colleague(admin, t('verbs.person.reassign'), '郑国强')
  const dialog = admin.getByRole('dialog')
  await expect(dialog.getByRole('button', { name: t('verbs.verb.reassign') })).toBeDisabled()
  await dialog.getByLabel(t('verbs.reason')).fill('孙国强休假')
  await dialog.getByRole('button', { name: t('verbs.verb.reassign') }).click()
  await expect(admin.getByText(t('verbs.done.reassign'))).toBeVisible()
})

test('a dialog stands where it stays from its first moment', async ({ sit }) => {
  const admin = await sit('admin')
  await admin.goto(at('/members'))
  // However slow the machine: a press may come while the dialog still appears.
  await admin.addStyleTag({ content: '.ant-modal { animation-duration: 1s !important }' })
  const places = admin.evaluate(async () => {
    const seen = new Set<string>()
    for (let still = 0; still < 90; ) {
      await new Promise(requestAnimationFrame)
      const dialog = document.querySelector('.ant-modal')
      const box = dialog?.getBoundingClientRect()
      if (!dialog || !box || box.width === 0) continue
      seen.add(`${Math.round(box.left)} ${Math.round(box.top)} ${Math.round(box.width)}`)
      still += 1
    }
    return [...seen]
  })
  await admin.getByRole('button', { name: t('members.add') }).first().click()
  expect(await places).toHaveLength(1)
})
