import { expect, test } from 'vitest'
import { startI18n } from './i18n'
import { fromLocal, fromNow, lengthOf, moment } from './time'

test('a moment is shown by the clock of the company', () => {
  expect(moment('2026-06-30T16:05:00Z', 'Asia/Shanghai')).toBe('2026-07-01 00:05')
  expect(moment('2026-06-30T16:05:00Z', 'UTC')).toBe('2026-06-30 16:05')
})

test.each([
  ['2026-07-01T00:05', 'Asia/Shanghai', '2026-06-30T16:05:00Z'],
  ['2026-03-29T03:30', 'Europe/Berlin', '2026-03-29T01:30:00Z'],
  ['2026-10-25T04:00', 'Europe/Berlin', '2026-10-25T03:00:00Z'],
])('%s in %s is the moment %s', (local, zone, want) => {
  expect(fromLocal(local, zone)).toBe(want)
})

test('a local time comes back as it went', () => {
  for (const zone of ['Asia/Shanghai', 'America/St_Johns', 'UTC']) {
    expect(moment(fromLocal('2026-02-28T23:59', zone), zone)).toBe('2026-02-28 23:59')
  }
})

test('a length is told in its two largest units', () => {
  expect(lengthOf(95 * 60_000)).toBe('1小时 35分钟')
  expect(lengthOf(50 * 3_600_000 + 60_000)).toBe('2天 2小时')
  expect(lengthOf(-5)).toBe('0分钟')
})

test('a distance to now is told in its largest unit', async () => {
  await startI18n('zh-CN')
  const now = Date.parse('2026-07-01T08:00:00Z')
  expect(fromNow('2026-07-01T07:59:30Z', now)).toBe('刚刚')
  expect(fromNow('2026-07-01T08:00:30Z', now)).toBe('1分钟后')
  expect(fromNow('2026-07-01T05:10:00Z', now)).toBe('2小时前')
  expect(fromNow('2026-07-03T09:00:00Z', now)).toBe('后天')
})
