import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { defineConfig } from '@playwright/test'

/** The browser of the system; CHROMIUM names another one. */
function browser(): string {
  const name = process.env['CHROMIUM'] ?? 'chromium'
  if (isAbsolute(name)) return name
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return join(folder, name)
    } catch {
      // Not in this folder.
    }
  }
  throw new Error(`${name} is not on the PATH`)
}

// The demo company's sheets are dated from the day it was made, so a run that crosses midnight keeps counting from there.
// The runner reads this file first and hands its environment to the workers.
process.env['FORMWORK_E2E_BEGAN'] ??= String(Date.now())

export default defineConfig({
  testDir: 'e2e',
  globalSetup: './e2e/server.ts',
  // Files run side by side, each in a demo company of its own; what is inside a file runs in order. A company that
  // FORMWORK_E2E_DATA names is one for all.
  workers: process.env['FORMWORK_E2E_DATA'] ? 1 : 2,
  // Time is no part of what is tested: on a busy machine a journey takes ten times as long.
  timeout: 600_000,
  expect: { timeout: 60_000 },
  forbidOnly: true,
  // A journey that passes only the second time is listed as flaky; it does not hide.
  retries: 1,
  reporter: [['list']],
  // The longest one begins first.
  projects: [
    { name: 'story', testMatch: 'payment.spec.ts' },
    { name: 'demo', testIgnore: 'payment.spec.ts' },
  ],
  use: {
    actionTimeout: 90_000,
    navigationTimeout: 90_000,
    timezoneId: 'Asia/Shanghai',
    // Recording takes as much of the processor as the journey itself, so only what failed once is recorded.
    trace: 'on-first-retry',
    launchOptions: { executablePath: browser() },
  },
})
