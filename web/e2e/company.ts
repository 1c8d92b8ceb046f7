import { readFileSync } from 'node:fs'
import { AxeBuilder } from '@axe-core/playwright'
import { test as base, expect, type Page } from '@playwright/test'
import { type Demo, moveIn, type Premises } from './server'

export type Lang = 'zh-CN' | 'en'

export interface Seat {
  lang?: Lang
  phone?: boolean
  /** Of a person who was made during the run; the demo's own are known. */
  password?: string
}

let opened: Demo | undefined

/** The demo company of the journeys that are under way; those of one file share it. */
export function demo(): Demo {
  if (!opened) throw new Error('no company is open: the fixture "company" opens it')
  return opened
}

/** Where a path of the demo company is. */
export function at(path: string): string {
  return demo().url + path
}

export function passwordOf(login: string, company = demo()): string {
  const person = company.people.find((each) => each.login === login)
  if (!person) throw new Error(`nobody signs in as ${login}`)
  return person.password
}

/** The texts of the page in a language, by their keys. */
export function words(lang: Lang): (key: string, params?: Record<string, string | number>) => string {
  const file = new URL(`../src/lib/locales/${lang}.json`, import.meta.url)
  const texts: unknown = JSON.parse(readFileSync(file, 'utf8'))
  return (key, params = {}) => {
    let part = texts
    for (const name of key.split('.')) part = (part as Record<string, unknown>)[name]
    if (typeof part !== 'string') throw new Error(`no text ${key} in ${lang}`)
    return part.replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(params[name] ?? ''))
  }
}

interface Fixtures {
  /** Opens a browser of one's own for a person who signs in. */
  sit: (login: string, seat?: Seat) => Promise<Page>
  /** A browser without anybody signed in. */
  door: (seat?: Seat) => Promise<Page>
  /** The company the people are of: the demo's, unless a spec founds another. */
  company: Demo
}

interface Places {
  /** The demo company of a file of journeys: files run side by side and in any order, so no two of them meet. */
  premises: (file: string) => Promise<Demo>
}

/** Tests with people. What a page writes to its console as an error fails the test. */
export const test = base.extend<Fixtures, Places>({
  premises: [
    async ({}, use) => {
      let here: (Premises & { file: string }) | undefined
      await use(async (file) => {
        if (here?.file !== file) {
          await here?.leave()
          here = { file, ...(await moveIn()) }
          opened = here.demo
        }
        return here.demo
      })
      await here?.leave()
    },
    { scope: 'worker', timeout: 300_000 },
  ],
  company: [async ({ premises }, use, { file }) => use(await premises(file)), { auto: true }],
  door: async ({ browser, company }, use) => {
    const complaints: string[] = []
    const contexts: { close: () => Promise<void> }[] = []
    await use(async ({ lang = 'zh-CN', phone = false }: Seat = {}) => {
      const context = await browser.newContext({
        baseURL: company.url,
        locale: lang,
        viewport: phone ? { width: 390, height: 844 } : { width: 1440, height: 900 },
        isMobile: phone,
        hasTouch: phone,
      })
      contexts.push(context)
      const page = await context.newPage()
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('console', (message) => {
        if (message.type() === 'error' && !expected(message.text())) complaints.push(message.text())
      })
      return page
    })
    for (const context of contexts) await context.close()
    expect(complaints, 'errors on the console').toEqual([])
  },
  sit: async ({ door, company }, use) => {
    await use(async (login, seat = {}) => {
      const page = await door(seat)
      const t = words(seat.lang ?? 'zh-CN')
      await page.goto('/sign-in')
      await page.getByLabel(t('signIn.login'), { exact: true }).fill(login)
      const password = seat.password ?? passwordOf(login, company)
      await page.getByLabel(t('signIn.password'), { exact: true }).fill(password)
      await page.getByRole('button', { name: t('signIn.enter'), exact: true }).click()
      await expect(page.getByRole('main').getByRole('tablist')).toBeVisible()
      await speak(page, seat.lang ?? 'zh-CN')
      return page
    })
  },
})

/** The browser itself tells of every answer that is no success or did not come; refusals and lost lines are part of what is tested. */
function expected(text: string): boolean {
  return /Failed to load resource: (the server responded with a status of (401|403|404|409|422|429)|net::ERR_(INTERNET_DISCONNECTED|CONNECTION_RESET|CONNECTION_REFUSED))/.test(
    text,
  )
}

/** The account remembers its language; each test says which one it wants. */
async function speak(page: Page, lang: Lang): Promise<void> {
  if ((await page.locator('html').getAttribute('lang')) === lang) return
  await page.goto('/account')
  await page.getByText(lang === 'en' ? 'English' : '中文', { exact: true }).click()
  await expect(page.locator('html')).toHaveAttribute('lang', lang)
  await page.goto('/')
}

/** How many movements of the page will still come to an end. */
function moving(): number {
  const ends = (each: Animation) => each.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY
  return document.getAnimations().filter((each) => each.playState === 'running' && ends(each)).length
}

/** Nothing serious stands in the way of people with disabilities. Messages in passing fade, so their colours are none. */
export async function accessible(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(moving), 'what fades or slides has come to rest').toBe(0)
  const { violations } = await new AxeBuilder({ page }).exclude('.ant-message').withTags(['wcag2a', 'wcag2aa']).analyze()
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  const told = serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join('\n  ')}`)
  expect(told).toEqual([])
}

/** Nothing sticks out at the right of a phone. */
export async function fitsWidth(page: Page): Promise<void> {
  const [content, window] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ])
  expect(content).toBeLessThanOrEqual(window ?? 0)
}

export { expect }
