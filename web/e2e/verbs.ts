import { expect, type Locator, type Page } from '@playwright/test'
import { type Lang, words } from './company'

/** Opens what stands under “more” and chooses; a menu that closes as the page is renewed is opened again. */
export async function more(page: Page, item: string, lang: Lang = 'zh-CN'): Promise<void> {
  const t = words(lang)
  await expect(async () => {
    const choice = page.getByRole('menuitem', { name: item, exact: true })
    if (!(await choice.isVisible())) await page.getByRole('button', { name: t('record.more') }).click()
    await choice.click({ timeout: 3_000 })
    await expect(page.getByRole('dialog')).toBeVisible({ timeout: 3_000 })
  }).toPass({ timeout: 30_000 })
}

/** Chooses a colleague in the field with this label. */
export async function colleague(page: Page, label: string, name: string): Promise<void> {
  const field = page.getByRole('combobox', { name: label })
  await field.click()
  await field.fill(name)
  const offered = page.locator('.ant-select-dropdown:visible .ant-select-item-option')
  await expect(offered).toHaveCount(1)
  await offered.filter({ hasText: name }).click()
  const chosen = page.locator('.ant-select').filter({ has: field })
  await expect(chosen).toContainText(name)
  await expect(field).toHaveValue('')
}

/** Writes a name by hand into the box for it. */
export async function sign(page: Page, within: Locator, lang: Lang = 'zh-CN'): Promise<void> {
  const t = words(lang)
  const pad = within.getByRole('img', { name: t('files.signHere') })
  const confirm = within.getByRole('button', { name: t('files.confirmSign') })
  await pad.scrollIntoViewIfNeeded()
  // The box is where it stays: a dialog that opens moves.
  await pad.click({ trial: true })
  const box = await pad.boundingBox()
  if (!box) throw new Error('there is no box to sign in')
  const at = (part: number) => [box.x + box.width * (0.2 + 0.5 * part), box.y + box.height * (0.5 + 0.25 * Math.sin(part * 12))] as const
  await page.mouse.move(...at(0))
  await page.mouse.down()
  for (let step = 1; step <= 24; step++) await page.mouse.move(...at(step / 24))
  await page.mouse.up()
  await confirm.click()
  await expect(within.getByRole('img', { name: t('files.sign'), exact: true })).toBeVisible()
}
