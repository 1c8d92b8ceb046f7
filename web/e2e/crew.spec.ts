import type { Page } from '@playwright/test'
import { accessible, at, expect, fitsWidth, type Lang, test, words } from './company'
import { crew, foundCrew, Keys, watchPointer, Wiretap } from './crew'
import { addPhoto, approve, DeskSheet, daysAgo, photoOf, titlesIn, today } from './sheet'

test.beforeAll(async ({ company: _ }) => foundCrew())

const contract = 'FB-P1-01'
const board = { 'zh-CN': { gong: '本期工数', contract: '反扣分包合同', rework: '返工' }, en: { gong: 'Gong', contract: 'Chargeback contract', rework: 'Rework' } }

/** What the dashboard says was worked in the days of these journeys. */
async function gongOn(page: Page, lang: Lang): Promise<number> {
  await page.goto(at(`/d/labor_center?p=${encodeURIComponent(JSON.stringify({ from: daysAgo(6), to: today() }))}`))
  const tile = page.getByRole('region', { name: board[lang].gong, exact: true }).locator('.fw-figure-text')
  await expect(tile).toHaveText(/\d/)
  return Number((await tile.innerText()).replaceAll(',', ''))
}

/** The four who decide on much overtime that another contractor pays: each in his turn, in his language, on his device. */
async function decided(sit: Sit, seat: { lang: Lang; phone?: boolean }, number: string): Promise<void> {
  for (const login of ['foreman', 'labor', 'cost']) {
    const page = await sit(login, seat)
    await approve(page, seat.lang, number)
    await page.context().close()
  }
}

type Sit = (login: string, seat?: { lang?: Lang; phone?: boolean }) => Promise<Page>

interface Fills {
  lang: Lang
  ago: number
  content: string
  /** How the twenty come into the sheet. */
  people: (keys: Keys, sheet: DeskSheet) => Promise<void>
}

/** By their codes, as they stand on the paper of the foreman. */
async function byCode(keys: Keys): Promise<void> {
  await keys.press('Enter')
  for (const [index, code] of crew.codes.entries()) {
    await keys.type(code)
    await keys.press(index < crew.codes.length - 1 ? 'Enter' : 'Tab')
  }
}

/** By the button for the whole team. */
async function wholeTeam(keys: Keys, sheet: DeskSheet): Promise<void> {
  await keys.tabTo(sheet.page.getByRole('button', { name: 'Add the whole team' }))
  await keys.press('Enter')
  await expect(sheet.cell(20, 0)).toHaveText(crew.nameOf('K20'))
  await keys.shiftTabTo(sheet.cell(1, 0))
}

const journeys: Fills[] = [
  { lang: 'zh-CN', ago: 1, content: '三号楼抢修外墙保温', people: byCode },
  { lang: 'en', ago: 2, content: 'Outer wall insulation, building 3', people: wholeTeam },
]

for (const { lang, ago, content, people } of journeys) {
  test(`a clerk fills a sheet of twenty by keyboard, four approve, the dashboard follows (${lang})`, async ({ sit }) => {
    test.slow() // five people in a row
    const manager = await sit('manager', { lang })
    const before = await gongOn(manager, lang)
    const clerk = await sit('clerk', { lang })
    const heard = new Wiretap(clerk)
    const sheet = new DeskSheet(clerk, lang)
    await sheet.begin()
    const pointed = await watchPointer(clerk)
    const keys = new Keys(clerk)
    const began = Date.now()

    await expect(sheet.field('project')).toBeFocused()
    await keys.type('P1')
    await keys.press('Enter')
    await keys.tabTo(sheet.field('team'))
    await keys.type('K')
    await keys.press('Enter')
    await keys.tabTo(sheet.field('work_date'))
    await keys.press('Control+A')
    await keys.type(daysAgo(ago))
    await keys.press('Enter')
    await keys.tabTo(clerk.getByRole('radio', { checked: true }))
    await keys.press('ArrowRight')
    await keys.tabTo(sheet.field('work_content'))
    await keys.words(content)
    await keys.tabTo(clerk.locator('[data-empty]'))
    await people(keys, sheet)

    // Seven and a half hours for all; five of overtime for the first, at the cost of a contractor.
    await keys.press('Control+Home', 'ArrowRight')
    await keys.type('7.5')
    await keys.press('Control+Enter', 'ArrowRight')
    await keys.type('5')
    await keys.press('Enter', 'Control+Home', 'End')
    await keys.type(contract)
    await keys.press('Enter')
    await expect(sheet.cell(20, 1)).toHaveText('7.5 h')
    await expect(sheet.cell(20, 0)).toHaveText(crew.nameOf('K20'))
    await expect(sheet.shown('total_gong')).toHaveText('19.3750')

    await keys.press('Control+End')
    const chosen = clerk.waitForEvent('filechooser')
    await keys.tabTo(clerk.getByRole('button', { name: words(lang)('files.choosePhoto') }))
    await keys.press('Enter')
    await (await chosen).setFiles(await photoOf(clerk))
    await expect(clerk.locator('.fw-tiles img')).toHaveCount(1)
    await keys.tabTo(clerk.getByRole('button', { name: words(lang)('record.submit'), exact: true }))
    await keys.press('Enter')
    await sheet.state('running')
    const seconds = (Date.now() - began) / 1000
    test.info().annotations.push({ type: 'keys', description: `${keys.pressed} keys, ${seconds.toFixed(1)} s` })
    console.log(`  ${lang}: twenty workers with ${keys.pressed} keys in ${seconds.toFixed(1)} s`)
    expect(await pointed(), 'hands off the mouse').toBe(0)
    // Four keys a second are what a clerk types all day.
    expect(keys.pressed).toBeLessThanOrEqual(240)

    const number = await sheet.number()
    await decided(sit, { lang }, number)
    const wages = new Wiretap(manager)
    await approve(manager, lang, number)
    await expect.poll(async () => (await gongOn(manager, lang)) - before).toBeCloseTo(19.375, 2)

    await nothingOfPay(heard, wages)
    await clerk.reload()
    await sheet.state('approved')
  })
}

/** What a day is worth, and everything made from it, stays with those who may know it. */
async function nothingOfPay(clerk: Wiretap, manager: Wiretap): Promise<void> {
  const pay = /"(day_rate|normal_pay|ot_pay|line_amount|total_amount|chargeback_amount)":\s*"?-?\d/
  const told = (answers: readonly string[]) => answers.filter((answer) => pay.test(answer) || answer.includes(crew.rate))
  const heard = await clerk.answers()
  expect(heard.length, 'the clerk was told something').toBeGreaterThan(20)
  expect(told(heard)).toEqual([])
  expect(told(await manager.answers()), 'who may see pay is told').not.toEqual([])
}

test('on a phone with gloves: the whole team at a tap, hours by large buttons, a photo, four approvals, the dashboard', async ({ sit }) => {
  test.slow()
  const lang = 'zh-CN'
  const t = words(lang)
  const title = titlesIn(lang)
  const manager = await sit('manager', { phone: true })
  const before = await gongOn(manager, lang)
  const clerk = await sit('clerk', { phone: true })
  const heard = new Wiretap(clerk)
  await clerk.goto(at('/e/day_labor_sheet/new'))
  await expect(clerk.getByLabel(new RegExp(`^${title.work_date}`))).toHaveValue(today())
  const pick = async (field: string, text: string) => {
    await clerk.getByRole('button', { name: new RegExp(`^${field}:`) }).tap()
    await clerk.getByRole('dialog').getByRole('button', { name: new RegExp(text) }).tap()
  }
  await pick(title.project, crew.project)
  await pick(title.team, crew.team)
  await clerk.getByLabel(new RegExp(`^${title.work_date}`)).fill(daysAgo(3))
  await clerk.getByText(board[lang].rework, { exact: true }).tap()
  await clerk.getByLabel(new RegExp(`^${title.work_content}`)).fill('二号楼返修')
  await clerk.getByRole('button', { name: '加入全班组' }).tap()
  const cards = clerk.getByRole('list', { name: title.lines }).getByRole('listitem')
  await expect(cards).toHaveCount(20)
  await large(clerk)

  // One who came along is found by his name, and taken back again.
  await clerk.getByRole('button', { name: t('grid.addOf', { column: title.worker }) }).tap()
  const search = clerk.getByRole('dialog')
  await search.getByRole('searchbox').fill('W05')
  await search.getByRole('button', { name: /陈阿福/ }).tap()
  await search.getByRole('button', { name: t('grid.addDone_other', { count: 1 }) }).tap()
  await expect(cards).toHaveCount(21)
  await clerk.getByRole('button', { name: t('grid.undo'), exact: true }).tap()
  await expect(cards).toHaveCount(20)

  await clerk.getByRole('button', { name: t('grid.setAll'), exact: true }).tap()
  const all = clerk.getByRole('dialog', { name: t('grid.setAll') })
  await all.getByRole('button', { name: new RegExp(t('form.less', { field: title.normal_hours, step: '0.5' })) }).tap()
  await all.getByRole('button', { name: t('grid.setAllApply_other', { count: 20 }) }).tap()
  const first = cards.first()
  const more = first.getByRole('button', { name: t('form.more', { field: title.ot_hours, step: '0.5' }) })
  for (let half = 0; half < 10; half++) await more.tap()
  await first.getByRole('button', { name: t('grid.open', { no: 1 }) }).tap()
  await first.getByRole('button', { name: new RegExp(`^${board[lang].contract}:`) }).tap()
  await clerk.getByRole('dialog').getByRole('button', { name: new RegExp(contract) }).tap()
  await expect(clerk.getByRole('status', { name: title.total_gong })).toHaveText('19.3750')
  await addPhoto(clerk)
  await fitsWidth(clerk)
  await accessible(clerk)
  await clerk.getByRole('button', { name: t('record.submit'), exact: true }).tap()
  await expect(clerk.getByText(t('state.running')).first()).toBeVisible()
  const heading = clerk.getByRole('heading', { level: 1, name: /DG-/ })
  const number = (await heading.innerText()).replace(/^.*?(DG-\S+).*$/s, '$1')
  await fitsWidth(clerk)

  await decided(sit, { lang, phone: true }, number)
  const wages = new Wiretap(manager)
  await approve(manager, lang, number)
  await fitsWidth(manager)
  await expect.poll(async () => (await gongOn(manager, lang)) - before).toBeCloseTo(19.375, 2)
  await nothingOfPay(heard, wages)
})

/** What a thumb in a glove has to hit in the cards is 44 pixels high and wide. */
async function large(page: Page): Promise<void> {
  const small = await page.locator('.fw-rows').evaluate((list) =>
    [...list.querySelectorAll('button')].flatMap((button) => {
      const { width, height } = button.getBoundingClientRect()
      return width < 44 || height < 44 ? [`${button.getAttribute('aria-label') ?? button.innerText}: ${width}×${height}`] : []
    }),
  )
  expect(small).toEqual([])
}
