import type { Page } from '@playwright/test'
import { at, expect, test } from './company'

const subjects = '/e/cost_subject/v/cost_subjects'

/** Adds a cost subject from within a page, as its form would. */
async function add(page: Page, code: string, name: string): Promise<void> {
  const status = await page.evaluate(
    async ({ code, name }) => {
      const { csrf } = (await (await fetch('/api/v1/session')).json()) as { csrf: string }
      const answer = await fetch('/api/v1/entities/cost_subject/records', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf, 'Idempotency-Key': crypto.randomUUID() },
        body: JSON.stringify({ values: { code, name } }),
      })
      return answer.status
    },
    { code, name },
  )
  expect(status).toBe(201)
}

/** From now on the page's own questions for changes stay without an answer. */
async function deaf(page: Page): Promise<void> {
  await page.route(/\/api\/v1\/changes/, (route) => route.fulfill({ status: 404, json: { code: 'not_found' } }))
}

test('one tab asks for all: another one follows what it is told, and asks itself when it is alone', async ({ sit }) => {
  const first = await sit('admin')
  const second = await first.context().newPage()
  const heard = second.waitForResponse(/\/api\/v1\/changes/)
  await second.goto(at(subjects))
  await heard
  await deaf(second)
  const code = String(Date.now()).slice(-8)
  await add(first, `${code}01`, `同步科目${code}01`)
  await expect(second.getByText(`同步科目${code}01`)).toBeVisible()

  await second.unroute(/\/api\/v1\/changes/)
  await first.goto('about:blank')
  await add(second, `${code}02`, `同步科目${code}02`)
  await expect(second.getByText(`同步科目${code}02`)).toBeVisible()
})
