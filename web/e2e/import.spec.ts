import { readFileSync } from 'node:fs'
import type { Locator, Page } from '@playwright/test'
import { accessible, at, expect, fitsWidth, type Lang, test, words } from './company'
import { type Hand, Office } from './office'
import { textsOf, workbook } from './workbook'

const head = ['编码', '名称', '单位', '单价']

/** A price list of its own, and somebody who keeps it. */
async function found(): Promise<{ entity: string; keeper: Hand }> {
  const tag = Date.now().toString(36)
  const entity = `price_${tag}`
  const text = (title: string, en: string) => ({ type: 'string', 'x-type': 'text', title, 'x-i18n': { en: { title: en } } })
  const office = await Office.of('admin')
  await office.publish(
    {
      [`entities/${entity}`]: {
        name: entity, title: `材料价${tag}`, 'x-i18n': { en: { title: `Prices ${tag}` } }, type: 'object', 'x-natural': 'code', 'x-display': 'name',
        required: ['code', 'name', 'unit', 'price'], 'x-order': ['code', 'name', 'unit', 'price'],
        properties: {
          code: text('编码', 'Code'),
          name: text('名称', 'Name'),
          unit: { ...text('单位', 'Unit'), 'x-type': 'select', oneOf: [{ const: 'ton', title: '吨' }, { const: 'bag', title: '袋' }] },
          price: { ...text('单价', 'Price'), 'x-type': 'money', 'x-min': '0' },
        },
      },
      [`views/${entity}`]: {
        name: entity, title: `材料价${tag}`, entity, kind: 'table', actions: ['create', 'import', 'export'],
        columns: [{ field: 'code' }, { field: 'name' }, { field: 'unit' }, { field: 'price' }], sort: [{ field: 'code', dir: 'asc' }],
      },
      [`roles/${entity}`]: {
        name: entity, title: `材料价管理员${tag}`, grants: { all: { entity, actions: ['create', 'read', 'update', 'delete', 'import', 'export'] } },
      },
    },
    `材料价${tag}`,
  )
  const keeper = await office.hire(`price.${tag}`, `价管${tag}`, [entity])
  await office.leave()
  return { entity, keeper }
}

/** The import dialog as a person uses it. */
class Import {
  readonly dialog: Locator
  private readonly page: Page
  private readonly t: ReturnType<typeof words>

  constructor(page: Page, lang: Lang) {
    this.page = page
    this.t = words(lang)
    this.dialog = page.getByRole('dialog')
  }

  async open(entity: string): Promise<void> {
    await this.page.goto(at(`/e/${entity}/v/${entity}`))
    await this.page.getByRole('button', { name: new RegExp(`${this.t('sheets.import')}$`) }).click()
    await expect(this.dialog).toBeVisible()
  }

  async choose(name: string, rows: readonly (readonly string[])[]): Promise<void> {
    await this.dialog.locator('input[type="file"]').setInputFiles(workbook(name, rows))
  }

  async mode(mode: 'insert' | 'update' | 'upsert'): Promise<void> {
    await this.dialog.getByLabel(this.t('sheets.mode')).click()
    await this.page.locator('.ant-select-dropdown:visible').getByText(this.t(`sheets.${mode}`), { exact: true }).click()
  }

  async says(key: string, params: Record<string, number>): Promise<void> {
    await expect(this.dialog).toContainText(this.t(key, params), { timeout: 60_000 })
  }

  async press(key: string, params: Record<string, number> = {}): Promise<void> {
    await this.dialog.getByRole('button', { name: this.t(key, params), exact: true }).click()
  }

  /** What a button of the dialog gives to be saved. */
  async saved(key: string): Promise<Buffer> {
    const [download] = await Promise.all([this.page.waitForEvent('download'), this.press(key)])
    return readFileSync(await download.path())
  }
}

test('a workbook with mistakes is looked at, mended and imported; again it changes nothing; it is taken back', async ({ sit }) => {
  const t = words('zh-CN')
  const { entity, keeper } = await found()
  const page = await sit(keeper.login, { password: keeper.password })
  const importing = new Import(page, 'zh-CN')
  await importing.open(entity)
  await accessible(page)

  await test.step('columns are known by their heads in any order; each mistake is told by its cell', async () => {
    expect(textsOf(await importing.saved('sheets.template'))).toContain('单价')
    await importing.choose('九月材料价.xlsx', [
      ['名称', '备注', '单价', '编码', '单位'],
      ['水泥', '散装', '420.00', 'C1', '袋'],
      ['钢筋', '', '便宜', 'G1', '吨'],
      ['黄沙', '', '-5', 'S1', '吨'],
      ['', '', '90', 'N1', '吨'],
    ])
    await importing.says('sheets.lookCounts', { rows: 4, records: 4, ok: 1, bad: 3 })
    await expect(importing.dialog).toContainText(t('sheets.ignored', { labels: '备注' }))
    for (const place of ['C3', 'C4']) await expect(importing.dialog.getByRole('listitem').filter({ hasText: place })).toHaveCount(1)
    await expect(importing.dialog).toContainText(t('problems.required'))
    await accessible(page)
    expect(textsOf(await importing.saved('sheets.marked'))).toContain(t('sheets.notes'))
  })

  const mended = [head, ['C1', '水泥', '袋', '420'], ['G1', '钢筋', '吨', '3850'], ['S1', '黄沙', '吨', '95.5']]
  await test.step('the mended workbook is stored, and the records are in the list', async () => {
    await importing.choose('九月材料价.xlsx', mended)
    await importing.says('sheets.lookCounts', { rows: 3, records: 3, ok: 3, bad: 0 })
    await importing.press('sheets.store_other', { count: 3 })
    await importing.says('sheets.storedCounts', { created: 3, updated: 0, same: 0, bad: 0 })
    await importing.press('sheets.done')
    await expect(importing.dialog).toBeHidden()
    await expect(page.getByRole('row', { name: /C1.*水泥.*420\.00/ })).toBeVisible()
    await expect(page.getByRole('row', { name: /S1.*黄沙.*95\.50/ })).toBeVisible()
  })

  await test.step('the same workbook again changes nothing', async () => {
    await importing.open(entity)
    await importing.mode('upsert')
    await importing.choose('九月材料价.xlsx', mended)
    await importing.press('sheets.store_other', { count: 3 })
    await importing.says('sheets.storedCounts', { created: 0, updated: 0, same: 3, bad: 0 })
    await importing.press('sheets.another')
  })

  await test.step('the first import is taken back, and its records are gone from the list', async () => {
    const earlier = importing.dialog.getByRole('listitem').filter({ hasText: t('sheets.runCounts', { created: 3, updated: 0, bad: 0 }) })
    await earlier.getByRole('button').click()
    await importing.press('sheets.undo')
    await page.locator('.ant-popconfirm').getByRole('button', { name: /确定|OK/ }).click()
    await importing.says('sheets.status_undone', {})
    await accessible(page)
    await importing.press('sheets.done')
    await expect(page.getByRole('row', { name: /水泥/ })).toHaveCount(0)
  })
})

test('on a phone and in English a large workbook is imported in the background, and watched', async ({ sit }) => {
  const t = words('en')
  const { entity, keeper } = await found()
  const page = await sit(keeper.login, { password: keeper.password, lang: 'en', phone: true })
  const importing = new Import(page, 'en')
  const many = 2_000
  await importing.open(entity)
  await fitsWidth(page)
  await importing.choose('all prices.xlsx', [['Code', 'Name', 'Unit', 'Price'], ...Array.from({ length: many }, (_, i) => [`P${i}`, `Item ${i}`, '吨', `${i}.50`])])
  await importing.says('sheets.lookCounts', { rows: many, records: many, ok: many, bad: 0 })
  await accessible(page)
  await importing.press('sheets.store_other', { count: many })
  await expect(importing.dialog.getByRole('progressbar')).toBeVisible()
  await fitsWidth(page)
  await importing.press('sheets.inBackground')
  await expect(importing.dialog).toBeHidden()
  await importing.open(entity)
  const counts = { created: many, updated: 0, same: 0, bad: 0 }
  const stored = importing.dialog.getByText(t('sheets.storedCounts', counts))
  const listed = importing.dialog.getByText(t('sheets.runCounts', counts))
  await expect(stored.or(listed).first()).toBeVisible({ timeout: 120_000 })
  await accessible(page)
})
