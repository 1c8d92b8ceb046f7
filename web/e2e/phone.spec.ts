import type { Page } from '@playwright/test'
import { accessible, at, expect, fitsWidth, type Lang, test, words } from './company'
import { addPhoto, approve, daysAgo, openTask, projects, teams, titlesIn, today } from './sheet'

async function choose(page: Page, field: string, text: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(`^${field}:`) }).click()
  await page.getByRole('dialog').getByRole('button', { name: new RegExp(text) }).click()
}

const plans: { lang: Lang; team: string; worker: string; ago: number }[] = [
  { lang: 'zh-CN', team: teams.T2, worker: '陈阿福', ago: 0 },
  { lang: 'en', team: teams.T2, worker: '何秀英', ago: 3 },
]

for (const { lang, team, worker, ago } of plans) {
  test(`on a phone (${lang}): a sheet is filled with large buttons, submitted and approved`, async ({ sit }) => {
    const t = words(lang)
    const title = titlesIn(lang)
    const clerk = await sit('clerk', { lang, phone: true })
    await accessible(clerk)
    await clerk.goto(at('/e/day_labor_sheet/new'))
    await expect(clerk.getByLabel(new RegExp(`^${title.work_date}`))).toHaveValue(today())
    await choose(clerk, title.project, projects.P1)
    await choose(clerk, title.team, team)
    await clerk.getByLabel(new RegExp(`^${title.work_date}`)).fill(daysAgo(ago))
    await clerk.getByLabel(new RegExp(`^${title.work_content}`)).fill('屋面防水基层清理')
    await clerk.getByRole('button', { name: t('grid.addRow') }).click()
    await choose(clerk, title.worker, worker)
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
}
