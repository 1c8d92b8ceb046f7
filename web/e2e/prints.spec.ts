import type { Page } from '@playwright/test'
import { accessible, at, expect, fitsWidth, test, words } from './company'

const t = words('zh-CN')

/** The printer of this browser only counts. */
async function withPrinter(page: Page): Promise<Page> {
  await page.addInitScript(() => {
    const counting = window as unknown as { printed: number }
    counting.printed = 0
    window.print = () => {
      counting.printed += 1
    }
  })
  return page
}

function printed(page: Page): Promise<number> {
  return page.evaluate(() => (window as unknown as { printed: number }).printed)
}

/** Opens an approved sheet from the list; each attempt of the test takes another. */
async function openApproved(page: Page, attempt: number): Promise<void> {
  await page.goto(at('/e/day_labor_sheet/v/day_labor_sheets'))
  const rows = page.getByRole('row').filter({ hasText: t('state.approved') })
  await rows.nth(attempt).getByRole('link').first().click()
  await expect(page.getByRole('heading', { level: 1, name: /DG-/ })).toBeVisible()
}

async function toPaper(page: Page, print: string): Promise<void> {
  await page.getByRole('button', { name: t('print.print') }).click()
  await page.getByRole('menuitem', { name: print, exact: true }).click()
  await expect(page.getByRole('region', { name: t('print.page', { page: 1, pages: 1 }) })).toBeVisible()
}

test('the clerk prints an approved sheet without prices; who prints it next, with prices, holds a copy', async ({ sit }, info) => {
  const clerk = await withPrinter(await sit('clerk'))
  await openApproved(clerk, info.retry)
  await toPaper(clerk, '点工签证单')
  const sheet = clerk.getByRole('region')
  await expect(sheet.getByRole('img', { name: t('print.preview'), exact: true })).toBeVisible()
  await expect(sheet.getByRole('columnheader', { name: '工数' })).toBeVisible()
  await expect(sheet.getByText(t('print.nothingBelow'))).toBeVisible()
  await expect(sheet.getByRole('columnheader', { name: '单价' })).toHaveCount(0)
  await expect(sheet.getByText('大写')).toHaveCount(0)
  await accessible(clerk)
  expect(await printed(clerk)).toBe(0)

  await clerk.getByRole('button', { name: t('print.print') }).click()
  await expect(sheet.getByText(t('print.copyNo', { n: 1 }))).toBeVisible()
  await expect(sheet.getByRole('img', { name: t('print.preview'), exact: true })).toHaveCount(0)
  await expect(sheet.getByRole('img', { name: t('print.copy'), exact: true })).toHaveCount(0)
  await expect.poll(() => printed(clerk)).toBe(1)

  const labor = await withPrinter(await sit('labor'))
  await labor.goto(clerk.url())
  const copy = labor.getByRole('region')
  await expect(copy.getByRole('columnheader', { name: '单价' })).toBeVisible()
  await expect(copy.getByText('大写')).toBeVisible()
  await expect(labor.getByText(t('print.printedBefore', { n: 1 }))).toBeVisible()
  await labor.getByRole('button', { name: t('print.print') }).click()
  await expect(copy.getByText(t('print.copyNo', { n: 2 }))).toBeVisible()
  await expect(copy.getByRole('img', { name: t('print.copy'), exact: true })).toBeVisible()
  await expect.poll(() => printed(labor)).toBe(1)
})

test('twenty rows stand on one sheet of A4', async ({ sit }, info) => {
  const labor = await withPrinter(await sit('labor'))
  await openApproved(labor, info.retry)
  await toPaper(labor, '点工签证单')
  await expect(labor.getByRole('region').getByRole('row')).toHaveCount(23) // with a head, sums and a line below
  const pdf = await labor.pdf({ preferCSSPageSize: true, printBackground: true })
  const text = pdf.toString('latin1')
  expect(text.match(/\/Type\s*\/Page\b/g)).toHaveLength(1)
  const [width, height] = (/\/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]/.exec(text) ?? []).slice(1).map(Number)
  expect(Math.round(width ?? 0)).toBe(595)
  expect(Math.round(height ?? 0)).toBe(842)
})

test('several sheets are chosen in the list and printed at once', async ({ sit }) => {
  const labor = await withPrinter(await sit('labor'))
  await labor.goto(at('/e/day_labor_sheet/v/day_labor_sheets'))
  const button = labor.getByRole('button', { name: t('print.print') })
  await expect(button).toBeDisabled()
  await labor.getByRole('checkbox', { name: /DG-/ }).nth(0).check()
  await labor.getByRole('checkbox', { name: /DG-/ }).nth(1).check()
  await accessible(labor)
  await labor.getByRole('button', { name: t('print.printSome_other', { count: 2 }) }).click()
  await labor.getByRole('menuitem', { name: '点工签证单（工地联）', exact: true }).click()
  await expect(labor.getByRole('heading', { level: 2, name: /工地联/ })).toHaveCount(2)
})

test('a month of attendance is printed from its report; a phone shows the page whole', async ({ sit }) => {
  const labor = await sit('labor')
  await labor.goto(at('/q/labor_attendance'))
  await labor.getByRole('button', { name: t('print.print') }).click()
  // How many pages there are depends on who else has worked in the company of these tests.
  const first = /^第 1 页/
  const page = labor.getByRole('region', { name: first })
  await expect(page.getByRole('columnheader', { name: '28', exact: true })).toBeVisible()
  await accessible(labor)

  const phone = await sit('clerk', { phone: true })
  await phone.goto(labor.url())
  await expect(phone.getByRole('region', { name: first })).toBeVisible()
  await fitsWidth(phone)
})
