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
  noteServerTime(new Date(Date.now()).toISOString())
  stop()
  told.mockClear()
  vi.useRealTimers()
})

test('a device that is an hour behind counts by the clock of the server', () => {
  noteServerTime('2026-03-02T13:00:00Z')
  expect(serverNow()).toBe(noon + 3_600_000)
  expect(told).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(60_000)
  noteServerTime('2026-03-02T13:01:00Z')
  expect(serverNow()).toBe(noon + 3_660_000)
  expect(told).toHaveBeenCalledTimes(1)
})

test.each([
  ['the second an answer was on its way', '2026-03-02T11:59:59Z'],
  ['an answer that tells no time', null],
  ['a time nobody can read', 'noon'],
])('%s changes nothing', (_, time) => {
  noteServerTime(time)
  expect(serverNow()).toBe(noon)
  expect(told).not.toHaveBeenCalled()
})
