import type { Locator, Page } from '@playwright/test'
import { Office } from './office'
import { projects } from './sheet'

/** A team of twenty, made for the journeys of a large sheet. Its pay is of a figure nothing else in the company has. */
export const crew = {
  team: '二期突击队',
  foreman: '孙国强',
  project: projects.P1,
  rate: '347.65',
  codes: Array.from({ length: 20 }, (_, index) => `K${String(index + 1).padStart(2, '0')}`),
  nameOf: (code: string) => `突击${code.slice(1)}`,
}

/** An identity number of Jiangning, born on the first of a month of 1988; the last place checks the others. */
function identity(index: number): string {
  const digits = `320115198${8 + (index % 2)}${String((index % 12) + 1).padStart(2, '0')}01${String(700 + index * 2 + 1).padStart(3, '0')}`
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
  const sum = weights.reduce((total, weight, place) => total + weight * Number(digits[place]), 0)
  return digits + '10X98765432'[sum % 11]
}

/** Founds the team: its people, who may work, and what they earn. */
export async function foundCrew(): Promise<void> {
  const office = await Office.of('labor')
  // A worker that takes over after a failure finds it founded.
  if (await office.has('worker', 'home_team', crew.team)) return await office.leave()
  const team = await office.create('labor_team', {
    code: 'K', name: crew.team, project: { key: 'P1' }, foreman: await office.choice('labor_team', 'foreman', crew.foreman), pay_mode: 'direct_wage', trade: 'general', enabled: true,
  })
  await Promise.all(
    crew.codes.map(async (code, index) => {
      const worker = await office.create('worker', {
        code, name: crew.nameOf(code), home_team: team.id, trade: 'general', status: 'active', entry_date: '2025-12-01', id_no: identity(index),
        phone: `1391234${String(1000 + index)}`, contract_signed: true, safety_training_date: '2025-12-01',
      })
      await office.create('worker_rate', { worker: worker.id, effective_from: '2025-12-01', day_rate: crew.rate })
    }),
  )
  await office.leave()
}

/** Everything the server says to a page, to be searched for what its person must not learn. */
export class Wiretap {
  private readonly pending: Promise<void>[] = []
  private readonly heard: string[] = []

  constructor(page: Page) {
    page.on('response', (response) => {
      if (!new URL(response.url()).pathname.startsWith('/api/')) return
      // A page that is left drops what was on its way; it has not read it either.
      const text = response.text().then((body) => void this.heard.push(`${response.url()}\n${body}`))
      this.pending.push(text.catch(() => undefined))
    })
  }

  async answers(): Promise<readonly string[]> {
    await Promise.all(this.pending)
    return this.heard
  }
}

/** The keyboard of a person: counts what is pressed, at a person's pace. */
export class Keys {
  private readonly page: Page
  pressed = 0

  constructor(page: Page) {
    this.page = page
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) {
      this.pressed += 1
      await this.page.keyboard.press(key, { delay: 10 })
      await this.page.waitForTimeout(30)
    }
  }

  async type(text: string): Promise<void> {
    for (const letter of text) await this.press(letter)
  }

  /** Tab until the element has the focus. */
  async tabTo(target: Locator): Promise<void> {
    await this.reach(target, 'Tab')
  }

  async shiftTabTo(target: Locator): Promise<void> {
    await this.reach(target, 'Shift+Tab')
  }

  private async reach(target: Locator, key: string): Promise<void> {
    for (let tries = 0; tries < 25; tries++) {
      await this.press(key)
      if (await target.evaluate((element) => element === document.activeElement)) return
    }
    throw new Error(`${key} does not lead to ${String(target)}`)
  }

  /** Chinese through an input method, which takes about three keys for a character and hands over the words. */
  async words(text: string): Promise<void> {
    this.pressed += 3 * text.length
    await this.page.waitForTimeout(3 * 40 * text.length)
    await this.page.keyboard.insertText(text)
  }
}

/** Counts what a hand on the mouse or the screen does in a page from now on. */
export async function watchPointer(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const counted = window as unknown as { pointed: number }
    counted.pointed = 0
    const count = (event: Event) => {
      if (event.isTrusted) counted.pointed += 1
    }
    for (const type of ['pointerdown', 'mousedown', 'touchstart', 'wheel']) addEventListener(type, count, true)
  })
  return async () => await page.evaluate(() => (window as unknown as { pointed: number }).pointed)
}
