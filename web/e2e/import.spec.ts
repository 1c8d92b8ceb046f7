import { readFileSync } from 'node:fs'
import type { Locator, Page } from '@playwright/test'
import { accessible, at, expect, fitsWidth, type Lang, test, words } from './company'
import { type Hand, Office } from './office'
import { textsOf, workbook } from './workbook'

type Row = readonly string[]

/** What the server may take to look at a workbook or to store it, on a machine that does other things as well. */
const patience = 120_000

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

  async open(path: string): Promise<void> {
    await this.page.goto(at(path))
    await this.page.getByRole('button', { name: this.t('sheets.import') }).click()
    await expect(this.dialog).toBeVisible()
  }

  async choose(name: string, rows: readonly Row[]): Promise<void> {
    await this.dialog.locator('input[type="file"]').setInputFiles(workbook(name, rows))
  }

  async option(label: 'layout' | 'mode', choice: string): Promise<void> {
    const box = this.dialog.locator('.ant-select').filter({ has: this.page.getByLabel(this.t(`sheets.${label}`)) })
    // The list is made anew when the layouts have come: a press at that moment chooses nothing.
    await expect(async () => {
      await box.click({ timeout: 5000 })
      await this.page.locator('.ant-select-dropdown:visible').getByText(choice, { exact: true }).click({ timeout: 5000 })
      await expect(box).toContainText(choice, { timeout: 5000 })
    }).toPass({ timeout: patience })
  }

  async says(key: string, params: Record<string, number> = {}): Promise<void> {
    await expect(this.dialog).toContainText(this.t(key, params), { timeout: patience })
  }

  /** What is wrong with a cell, called by its place and its column's own head. */
  async complains(place: string, key: string, params: Record<string, string | number> = {}): Promise<void> {
    const lines = this.dialog.getByRole('listitem').filter({ hasText: place })
    await expect(lines.filter({ hasText: this.t(key, params) })).toHaveCount(1)
  }

  async press(key: string, params: Record<string, number> = {}): Promise<void> {
    await this.dialog.getByRole('button', { name: this.t(key, params), exact: true }).click()
  }

  /** Answers the question a button asks before it does something. */
  async sure(): Promise<void> {
    await this.page.locator('.ant-popconfirm:visible').getByRole('button', { name: /^(确\s*定|OK)$/ }).click()
  }

  /** What a button of the dialog gives to be saved, and under which name. */
  async saved(key: string): Promise<{ name: string; texts: string }> {
    const [download] = await Promise.all([this.page.waitForEvent('download'), this.press(key)])
    return { name: download.suggestedFilename(), texts: textsOf(readFileSync(await download.path())) }
  }
}

/** A number of an identity card that nobody has, with its check digit. */
function identity(born: string, n: number): string {
  const digits = `320199${born}${String(n).padStart(3, '0')}`
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
  const sum = weights.reduce((total, weight, i) => total + weight * Number(digits[i]), 0)
  return digits + '10X98765432'[sum % 11]
}

/** A team of its own, so that other journeys meet none of the workers who are imported here. */
async function team(tag: string): Promise<string> {
  const office = await Office.of('labor')
  const known = (await office.list('labor_team')).find(({ values }) => values['code'] === 'T2')
  const name = `导入班${tag}`
  const { project, foreman } = known?.values ?? {}
  await office.create('labor_team', { code: `I${tag}`, name, project, foreman, pay_mode: 'direct_wage' })
  await office.leave()
  return name
}

test('workers come from a workbook: mistakes are told by their cells, mended and imported; again nothing changes; all is taken back', async ({
  sit,
}) => {
  test.slow() // one journey from mistake to undo
  const t = words('zh-CN')
  const tag = Date.now().toString(36)
  const n = Date.now() % 900
  const home = await team(tag)
  const page = await sit('labor')
  const importing = new Import(page, 'zh-CN')
  const list = '/e/worker/v/workers'
  const head: Row = ['姓名', '工号', '身份证号码', '手机', '班组', '工种', '进场时间', '血型']
  const worker = (i: number, name: string, born = '19900101'): string[] => [
    name, `${tag}-${i}`, identity(born, n + i), `1390000${1000 + i}`, home, '普工', '2026-03-01', 'A',
  ]
  const [good, old] = [worker(1, '丁一'), worker(5, '老周', '19580101')]
  const mended = [head, good, worker(2, '马二'), worker(3, '张三'), worker(4, '李四'), old]
  const code = (i: number) => page.getByRole('row').filter({ hasText: `${tag}-${i}` })

  await test.step('columns are known by what people call them; what is wrong is told by its cell', async () => {
    await importing.open(list)
    await importing.option('layout', '工人花名册')
    const template = await importing.saved('sheets.template')
    expect(template.name).toBe(`${t('sheets.templateOf', { title: '工人花名册' })}.xlsx`)
    for (const label of ['编码', '身份证号', '班组']) expect(template.texts).toContain(label)
    const wrong = mended.map((row) => [...row])
    wrong[2]?.splice(2, 1, '320199199001011234')
    wrong[3]?.splice(4, 1, '没有的班组')
    wrong[4]?.splice(0, 2, '', `${tag}-1`)
    await importing.choose('花名册.xlsx', wrong)
    await importing.says('sheets.lookCounts', { rows: 5, records: 5, ok: 1, bad: 4 })
    await expect(importing.dialog).toContainText(t('sheets.ignored', { labels: '血型' }))
    const card = importing.dialog.getByRole('listitem').filter({ hasText: 'C3 身份证号' })
    await expect(card).toHaveCount(1)
    await expect(card).toContainText('身份证号有误')
    await importing.complains('E4 班组', 'sheets.unknownReference', { key: '没有的班组' })
    await importing.complains('5', 'problems.duplicate_line', { row: 2 })
    await expect(importing.dialog.getByRole('listitem').filter({ hasText: 'C6' })).toContainText(
      t('sheets.needsReason', { problem: '超过提醒年龄' }),
    )
    await accessible(page)
    const marked = await importing.saved('sheets.marked')
    expect(marked.name).toBe(`花名册-${t('sheets.notes')}.xlsx`)
    for (const note of [t('sheets.notes'), '身份证号有误', '没有的班组']) expect(marked.texts).toContain(note)
  })

  await test.step('a warning passes with a reason', async () => {
    await importing.choose('花名册.xlsx', mended)
    await importing.says('sheets.lookCounts', { rows: 5, records: 5, ok: 4, bad: 1 })
    await importing.dialog.getByLabel(t('sheets.reason')).fill('返聘，已体检')
    await importing.press('sheets.look')
    await importing.says('sheets.lookCounts', { rows: 5, records: 5, ok: 5, bad: 0 })
    await importing.press('sheets.store_other', { count: 5 })
    await importing.says('sheets.storedCounts', { created: 5, updated: 0, same: 0, bad: 0 })
    await accessible(page)
    await importing.press('sheets.done')
    await expect(importing.dialog).toBeHidden()
    await page.goto(at(`${list}?q=${tag}`))
    await expect(code(1)).toContainText('丁一')
    await expect(code(5)).toContainText('老周')
  })

  await test.step('the same workbook again changes nothing', async () => {
    await importing.open(list)
    await importing.option('layout', '工人花名册')
    await importing.choose('花名册.xlsx', mended)
    await importing.says('sheets.lookCounts', { rows: 5, records: 5, ok: 0, bad: 5 })
    await importing.complains('B2 编码', 'problems.exists')
    await importing.option('mode', t('sheets.upsert'))
    await importing.press('sheets.look')
    await importing.says('sheets.lookCounts', { rows: 5, records: 5, ok: 5, bad: 0 })
    await importing.press('sheets.store_other', { count: 5 })
    await importing.says('sheets.storedCounts', { created: 0, updated: 0, same: 5, bad: 0 })
    await importing.press('sheets.another')
  })

  await test.step('the import is taken back, and its workers are gone from the list', async () => {
    const counts = t('sheets.runCounts', { created: 5, updated: 0, bad: 0 })
    await importing.dialog.getByRole('listitem').filter({ hasText: counts }).first().getByRole('button').click()
    await importing.press('sheets.undo')
    await importing.sure()
    await importing.says('sheets.status_undone')
    await importing.press('sheets.done')
    await page.goto(at(`${list}?q=${tag}`))
    await expect(page.getByRole('main')).toContainText(t('common.nothingFound'))
    await expect(code(1)).toHaveCount(0)
  })
})

test('who has no grant to import is offered none, and gets none', async ({ sit }) => {
  const t = words('zh-CN')
  const clerk = await sit('clerk')
  await clerk.goto(at('/e/worker/v/workers'))
  await expect(clerk.getByRole('row').filter({ hasText: 'W01' })).toBeVisible()
  await expect(clerk.getByRole('button', { name: t('sheets.import') })).toHaveCount(0)
  for (const path of ['import-runs', 'import-template'])
    expect((await clerk.request.get(at(`/api/v1/entities/worker/${path}`))).status()).toBe(403)
})

/** A price list of its own, and somebody who keeps it. */
async function priceList(): Promise<{ path: string; keeper: Hand }> {
  const tag = Date.now().toString(36)
  const entity = `price_${tag}`
  const field = (type: string, title: string, en: string) => ({ type: 'string', 'x-type': type, title, 'x-i18n': { en: { title: en } } })
  const office = await Office.of('admin')
  await office.publish(
    {
      [`entities/${entity}`]: {
        name: entity, title: `材料价${tag}`, 'x-i18n': { en: { title: `Prices ${tag}` } }, type: 'object', 'x-natural': 'code', 'x-display': 'name',
        required: ['code', 'name', 'price'], 'x-order': ['code', 'name', 'price'],
        properties: { code: field('text', '编码', 'Code'), name: field('text', '名称', 'Name'), price: { ...field('money', '单价', 'Price'), 'x-min': '0' } },
      },
      [`views/${entity}`]: {
        name: entity, title: `材料价${tag}`, entity, kind: 'table', actions: ['create', 'import', 'export'],
        columns: [{ field: 'code' }, { field: 'name' }, { field: 'price' }], sort: [{ field: 'code', dir: 'asc' }],
      },
      [`roles/${entity}`]: {
        name: entity, title: `材料价管理员${tag}`, grants: { all: { entity, actions: ['create', 'read', 'update', 'delete', 'import', 'export'] } },
      },
    },
    `材料价${tag}`,
  )
  const keeper = await office.hire(`price.${tag}`, `价管${tag}`, [entity])
  await office.leave()
  return { path: `/e/${entity}/v/${entity}`, keeper }
}

/** Lines of a price list, numbered from a place. */
function prices(from: number, many: number): Row[] {
  const lines = Array.from({ length: many }, (_, i) => [`P${from + i}`, `Item ${from + i}`, `${from + i}.50`])
  return [['Code', 'Name', 'Price'], ...lines]
}

test('on a phone in English a large workbook is imported in the background; one is stopped, one is watched to its end', async ({ sit }) => {
  test.slow() // twenty thousand lines are looked at and stored
  const { path, keeper } = await priceList()
  const page = await sit(keeper.login, { password: keeper.password, lang: 'en', phone: true })
  const importing = new Import(page, 'en')
  // So many that it is still underway when a person has said that he is sure.
  const many = 20_000

  await test.step('an import that is underway is stopped; what it stored stays', async () => {
    await importing.open(path)
    await fitsWidth(page)
    await accessible(page)
    await importing.choose('all prices.xlsx', prices(0, many))
    await importing.says('sheets.lookCounts', { rows: many, records: many, ok: many, bad: 0 })
    await fitsWidth(page)
    await importing.press('sheets.store_other', { count: many })
    await expect(importing.dialog.getByRole('progressbar')).toBeVisible()
    await importing.press('sheets.cancelRun')
    await importing.sure()
    await importing.says('sheets.status_cancelled')
    await accessible(page)
    await fitsWidth(page)
    await importing.press('sheets.another')
  })

  await test.step('one goes on while its dialog is closed', async () => {
    const some = 1_500
    await importing.choose('more prices.xlsx', prices(many, some))
    await importing.says('sheets.lookCounts', { rows: some, records: some, ok: some, bad: 0 })
    await importing.press('sheets.store_other', { count: some })
    await importing.dialog.getByRole('progressbar').or(importing.dialog.getByRole('button', { name: words('en')('sheets.done') })).first().waitFor()
    await page.keyboard.press('Escape')
    await expect(importing.dialog).toBeHidden()
    await importing.open(path)
    const counts = { created: some, updated: 0, same: 0, bad: 0 }
    const stored = importing.dialog.getByText(words('en')('sheets.storedCounts', counts))
    const listed = importing.dialog.getByText(words('en')('sheets.runCounts', counts))
    await expect(stored.or(listed).first()).toBeVisible({ timeout: patience })
    await accessible(page)
    await fitsWidth(page)
  })
})
