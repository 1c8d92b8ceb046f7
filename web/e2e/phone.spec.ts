import type { Page } from '@playwright/test'
import { accessible, at, expect, fitsWidth, type Lang, test, words } from './company'
import { addPhoto, approve, daysAgo, openTask, projects, teams, titlesIn, today } from './sheet'

async function choose(page: Page, field: string, text: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(`^${field}:`) }).click()
  await page.getByRole('dialog').getByRole('button', { name: new RegExp(text) }).click()
}

// The Chinese journey on a phone is that of the crew.
const lang: Lang = 'en'

test('on a phone in English: a sheet is filled with large buttons, submitted and approved', async ({ sit }) => {
  const t = words(lang)
  const title = titlesIn(lang)
  const clerk = await sit('clerk', { lang, phone: true })
  await accessible(clerk)
  await clerk.goto(at('/e/day_labor_sheet/new'))
  await expect(clerk.getByLabel(new RegExp(`^${title.work_date}`))).toHaveValue(today())
  await choose(clerk, title.project, projects.P1)
  await choose(clerk, title.team, teams.T2)
  await clerk.getByLabel(new RegExp(`^${title.work_date}`)).fill(daysAgo(3))
  await clerk.getByLabel(new RegExp(`^${title.work_content}`)).fill('屋面防水基层清理')
  await clerk.getByRole('button', { name: t('grid.addOf', { column: title.worker }) }).click()
  await clerk.getByRole('dialog').getByRole('button', { name: /何秀英/ }).click()
  await clerk.getByRole('dialog').getByRole('button', { name: t('grid.addDone_one', { count: 1 }) }).click()
  const more = t('form.more', { field: title.ot_hours, step: '0.5' })
  await clerk.getByRole('button', { name: more }).click()
  await clerk.getByRole('button', { name: more }).click()
  await expect(clerk.getByRole('textbox', { name: title.ot_hours })).toHaveValue('1')
  await expect(clerk.getByRole('status', { name: title.total_gong })).toHaveText('1.1250')
  await addPhoto(clerk)
  await fitsWidth(clerk)
  await accessible(clerk)
  await clerk.getByRole('button', { name: t('record.submit'), exact: true }).click()
  await expect(clerk.getByText(t('state.running')).first()).toBeVisible()
  const heading = clerk.getByRole('heading', { level: 1, name: /DG-/ })
  const number = (await heading.innerText()).replace(/^.*?(DG-\S+).*$/s, '$1')
  await fitsWidth(clerk)

  await approve(await sit('foreman', { lang, phone: true }), lang, number)

  const manager = await sit('manager', { lang, phone: true })
  await fitsWidth(manager)
  await openTask(manager, number)
  await fitsWidth(manager)
  await accessible(manager)
  await manager.getByRole('button', { name: t('tasks.verb.approve'), exact: true }).click()
  await manager.getByRole('dialog').getByRole('button', { name: t('tasks.verb.approve') }).click()
  await expect(manager.getByText(t('tasks.done.approve'), { exact: true })).toBeVisible()

  await clerk.goto(at('/e/day_labor_sheet/v/day_labor_sheets'))
  await expect(clerk.getByRole('link', { name: new RegExp(number) })).toContainText(t('state.approved'))
  await fitsWidth(clerk)
  await accessible(clerk)
})
