import { expect, type Locator, type Page } from '@playwright/test'
import { at, type Lang, words } from './company'

/** Titles of the shipped day-labor sheet. */
const titles = {
  'zh-CN': {
    project: '项目',
    team: '班组',
    work_date: '用工日期',
    work_content: '工作内容',
    lines: '用工明细',
    worker: '工人',
    normal_hours: '正常小时',
    ot_hours: '加班小时',
    total_gong: '合计工数',
  },
  en: {
    project: 'Project',
    team: 'Team',
    work_date: 'Work date',
    work_content: 'Work content',
    lines: 'Lines',
    worker: 'Worker',
    normal_hours: 'Normal hours',
    ot_hours: 'Overtime hours',
    total_gong: 'Total gong',
  },
} as const

export type Titles = (typeof titles)[Lang]

export function titlesIn(lang: Lang): Titles {
  return titles[lang]
}

// The demo itself has sheets of team T4 on each of these days, of T3 today, two and three days ago, and of T2 two days ago. The days
// before that are of its labor administrator.
export const projects = { P1: '云锦花园二期住宅楼工程', P2: '滨江大道市政道路改造工程' }
export const teams = { T1: '主体杂工班', T2: '宏达劳务点工班', T3: '道路杂工班' }

/** The day in the company's time zone, as YYYY-MM-DD. */
function dayOf(milliseconds: number): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(milliseconds)
}

/** The day now, which a new sheet has. */
export function today(): string {
  return dayOf(Date.now())
}

/** A day so many days before the run began. */
export function daysAgo(days: number): string {
  return dayOf(Number(process.env['FORMWORK_E2E_BEGAN']) - days * 86_400_000)
}

export interface Head {
  project: string
  team: string
  daysAgo: number
  content: string
}

/** A photo, drawn in the browser. */
export async function photoOf(page: Page): Promise<{ name: string; mimeType: string; buffer: Buffer }> {
  const drawn = await page.evaluate(() => {
    const canvas = document.createElement('canvas')
    canvas.width = 640
    canvas.height = 480
    const pen = canvas.getContext('2d')
    if (!pen) throw new Error('no canvas')
    pen.fillStyle = '#9db4c0'
    pen.fillRect(0, 0, canvas.width, canvas.height)
    return canvas.toDataURL('image/png')
  })
  return { name: 'site.png', mimeType: 'image/png', buffer: Buffer.from(drawn.slice(drawn.indexOf(',') + 1), 'base64') }
}

/** Adds a photo to the form, and waits until the server has it. */
export async function addPhoto(page: Page): Promise<void> {
  await page.locator('input[type="file"][accept="image/*"]').first().setInputFiles(await photoOf(page))
  await expect(page.locator('.fw-tiles img')).toHaveCount(1)
}

/** The day-labor sheet on a desk, as a person uses it. */
export class DeskSheet {
  readonly page: Page
  readonly title: Titles
  readonly t: ReturnType<typeof words>
  readonly grid: Locator

  constructor(page: Page, lang: Lang = 'zh-CN') {
    this.page = page
    this.title = titles[lang]
    this.t = words(lang)
    this.grid = page.getByRole('grid', { name: this.title.lines })
  }

  /** Opens an empty sheet and waits until the form engine computes. */
  async begin(): Promise<void> {
    await this.page.goto(at('/e/day_labor_sheet/new'))
    await expect(this.field('work_date')).toHaveValue(today())
  }

  field(name: 'project' | 'team' | 'work_date' | 'work_content'): Locator {
    return this.page.getByLabel(new RegExp(`^${this.title[name]}`)).first()
  }

  async choose(name: 'project' | 'team', text: string): Promise<void> {
    await this.field(name).click()
    await this.page.getByRole('option', { name: text }).or(this.offer(text)).first().click()
  }

  /** What an open picker offers. */
  offer(text: string): Locator {
    return this.page.locator('.ant-select-dropdown:visible .ant-select-item-option', { hasText: text })
  }

  /** Fills everything but the workers. */
  async head(head: Head): Promise<void> {
    await this.field('project').click()
    await this.offer(head.project).click()
    await this.field('team').click()
    await this.offer(head.team).click()
    await this.field('work_date').fill(daysAgo(head.daysAgo))
    await this.field('work_date').press('Enter')
    await this.field('work_content').fill(head.content)
    await addPhoto(this.page)
  }

  cell(row: number, column: number): Locator {
    return this.grid.getByRole('row').nth(row).getByRole('gridcell').nth(column)
  }

  /** Adds a row for a worker by keyboard; the cursor is left on his name. */
  async worker(name: string): Promise<void> {
    const rows = await this.grid.locator('tbody').getByRole('rowheader').count()
    await this.page.getByRole('button', { name: this.t('grid.addRow') }).click()
    await this.page.keyboard.press('Enter')
    await this.page.keyboard.type(name)
    await this.offer(name).click()
    await expect(this.cell(rows + 1, 0)).toContainText(name)
  }

  /** Types over the cell of a row. */
  async type(row: number, column: number, text: string): Promise<void> {
    await this.cell(row, column).click()
    await this.page.keyboard.type(text)
    await this.page.keyboard.press('Tab')
  }

  shown(name: 'total_gong'): Locator {
    return this.page.getByRole('status', { name: this.title[name] })
  }

  async press(key: string): Promise<void> {
    await this.page.getByRole('button', { name: this.t(key), exact: true }).click()
  }

  async state(state: string): Promise<void> {
    await expect(this.page.getByRole('banner').or(this.page.locator('header')).getByText(this.t(`state.${state}`))).toBeVisible()
  }

  /** The number the sheet was given, from its heading. */
  async number(): Promise<string> {
    const heading = this.page.getByRole('heading', { level: 1, name: /DG-/ })
    return (await heading.innerText()).replace(/^.*?(DG-\S+).*$/s, '$1')
  }

  /** Fills and submits a sheet; gives its number. */
  async submit(head: Head, workers: readonly string[]): Promise<string> {
    await this.begin()
    await this.head(head)
    for (const worker of workers) await this.worker(worker)
    await this.press('record.submit')
    await this.state('running')
    return this.number()
  }
}

/** Opens the task about a sheet from the to-do centre. */
export async function openTask(page: Page, number: string): Promise<void> {
  await page.goto('/')
  await page.getByRole('link', { name: new RegExp(number) }).click()
  await expect(page.getByRole('heading', { level: 1, name: new RegExp(number) })).toBeVisible()
}

/**
 * Signs in the open dialog where it asks for that: two strokes with the finger on a phone, with the mouse on a desk.
 * Where nobody has to sign there is no box and nothing is done.
 */
export async function sign(page: Page, lang: Lang): Promise<void> {
  const t = words(lang)
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('button', { name: t('tasks.verb.approve') })).toBeVisible()
  const pad = dialog.getByRole('img', { name: t('files.signHere') })
  if (!(await pad.isVisible())) return
  const approve = dialog.getByRole('button', { name: t('tasks.verb.approve') })
  await expect(approve).toBeDisabled()
  await pad.scrollIntoViewIfNeeded()
  // The sheet from below slides in: who signs waits until it stands still.
  await pad.click({ trial: true })
  const box = await pad.boundingBox()
  if (!box) throw new Error('the pad has no place')
  const finger = await page.evaluate(() => navigator.maxTouchPoints > 0)
  for (const [from, to] of [
    [0.15, 0.6],
    [0.45, 0.9],
  ] as const) {
    const points = Array.from({ length: 5 }, (_, step) => ({
      x: box.x + box.width * (from + ((to - from) * step) / 4),
      y: box.y + box.height * (step % 2 === 0 ? 0.7 : 0.3),
    }))
    await (finger ? touch(page, points) : drag(page, points))
  }
  await expect(approve).toBeEnabled()
}

type Place = { x: number; y: number }

async function drag(page: Page, points: readonly Place[]): Promise<void> {
  const [first, ...rest] = points
  if (!first) return
  await page.mouse.move(first.x, first.y)
  await page.mouse.down()
  for (const { x, y } of rest) await page.mouse.move(x, y, { steps: 4 })
  await page.mouse.up()
}

async function touch(page: Page, points: readonly Place[]): Promise<void> {
  const browser = await page.context().newCDPSession(page)
  for (const [step, point] of points.entries()) {
    const type = step === 0 ? 'touchStart' : 'touchMove'
    await browser.send('Input.dispatchTouchEvent', { type, touchPoints: [point] })
  }
  await browser.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  await browser.detach()
}

/** Approves the sheet as the person whose turn it is, with a word or without. */
export async function approve(page: Page, lang: Lang, number: string, comment = ''): Promise<void> {
  const t = words(lang)
  await openTask(page, number)
  await page.getByRole('button', { name: t('tasks.verb.approve'), exact: true }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toBeVisible()
  if (comment) await dialog.getByRole('textbox').fill(comment)
  await sign(page, lang)
  await dialog.getByRole('button', { name: t('tasks.verb.approve') }).click()
  await expect(dialog).toBeHidden()
}
