import { expect, type Page } from '@playwright/test'
import { type Lang, words } from './company'

/** Opens what stands under “more” and chooses; a menu that closes as the page is renewed is opened again. */
export async function more(page: Page, item: string, lang: Lang = 'zh-CN'): Promise<void> {
  const t = words(lang)
  await expect(async () => {
    const choice = page.getByRole('menuitem', { name: item, exact: true })
    if (!(await choice.isVisible())) await page.getByRole('button', { name: t('record.more') }).click()
    await choice.click({ timeout: 5_000 })
    await expect(page.getByRole('dialog')).toBeVisible({ timeout: 5_000 })
  }).toPass({ timeout: 120_000 })
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
