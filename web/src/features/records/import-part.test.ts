import { expect, test } from 'vitest'
import { partOf } from './import-part'

const run = { status: 'running', order: {}, rows: 200, records: 100 } as const

test('an import that stores at once is as far as its records', () => {
  expect(partOf({ ...run, phase: 'store' })).toBe(50)
})

test('the check of an import of all or nothing is its first third', () => {
  const all = { ...run, order: { all: true } }
  expect(partOf({ ...all, phase: 'check', records: 200 })).toBe(33)
  expect(partOf({ ...all, phase: 'store', records: 0 })).toBe(33)
  expect(partOf({ ...all, phase: 'store', records: 200 })).toBe(99)
})

test('nothing is done before the lines are counted', () => {
  expect(partOf({ ...run, status: 'waiting' })).toBe(0)
  expect(partOf({ ...run, rows: 0 })).toBe(0)
})
