import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { noteServerTime, onServerTime, serverNow } from './server-time'

const noon = Date.parse('2026-03-02T12:00:00Z')
const told = vi.fn()
let stop: () => void

beforeEach(() => {
  vi.useFakeTimers({ now: noon })
  stop = onServerTime(told)
})

afterEach(() => {
  noteServerTime(new Date(Date.now()).toUTCString())
  stop()
  told.mockClear()
  vi.useRealTimers()
})

test('a device that is an hour behind counts by the clock of the server', () => {
  noteServerTime('Mon, 02 Mar 2026 13:00:00 GMT')
  expect(serverNow()).toBe(noon + 3_600_000)
  expect(told).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(60_000)
  noteServerTime('Mon, 02 Mar 2026 13:01:00 GMT')
  expect(serverNow()).toBe(noon + 3_660_000)
  expect(told).toHaveBeenCalledTimes(1)
})

test.each([
  ['the second an answer was on its way', 'Mon, 02 Mar 2026 11:59:59 GMT'],
  ['an answer without a date', null],
  ['a date nobody can read', 'noon'],
])('%s changes nothing', (_, date) => {
  noteServerTime(date)
  expect(serverNow()).toBe(noon)
  expect(told).not.toHaveBeenCalled()
})
