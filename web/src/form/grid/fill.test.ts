import { expect, test } from 'vitest'
import type { Fill } from '@/api/definitions.gen'
import { isReady, missingRows, tableOf } from './fill'

const wholeTeam: Fill = {
  name: 'whole_team',
  title: '加入全班组',
  from: {
    entity: 'worker',
    where: {
      and: [
        { field: 'home_team', op: 'eq', value: { var: 'record.team' } },
        { field: 'status', op: 'eq', value: 'active' },
      ],
    },
  },
  map: { 'lines.worker': 'id' },
}

const month: Fill = {
  name: 'month_workers',
  title: '按月生成',
  mode: 'replace',
  from: {
    dataset: 'wage_month_workers',
    params: { project: 'record.project', month: 'record.month' },
  },
  map: { 'lines.worker': 'worker' },
}

test('a button waits for the fields its search names', () => {
  expect(isReady(wholeTeam, {})).toBe(false)
  expect(isReady(wholeTeam, { team: '' })).toBe(false)
  expect(isReady(wholeTeam, { team: 'T1' })).toBe(true)
  expect(isReady(month, { project: 'P1' })).toBe(false)
  expect(isReady(month, { project: 'P1', month: '2026-06' })).toBe(true)
})

test('a button fills the table its columns are of', () => {
  expect(tableOf(month)).toBe('lines')
})

test('what is there already is not added again', () => {
  const filled = {
    table: 'lines',
    mode: 'add' as const,
    keys: ['sheet', 'worker'],
    rows: [
      { sheet: 'S1', worker: 'W1' },
      { sheet: 'S1', worker: 'W2' },
    ],
  }
  const present = [{ _id: 'r1', sheet: 'S1', worker: 'W1', amount: '8' }]
  expect(missingRows(filled, present)).toEqual([{ sheet: 'S1', worker: 'W2' }])
  expect(missingRows(filled, [{ _id: 'r1' }])).toEqual(filled.rows)
})
