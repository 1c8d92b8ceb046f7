import { expect, test } from 'vitest'
import type { Fill } from '@/api/definitions.gen'
import { fillSearch, rowsFrom } from './fill'

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

const copyLast: Fill = {
  name: 'copy_last',
  title: '复制上一张',
  from: { entity: 'day_labor_sheet', rows: 'lines', order: [{ field: 'work_date', dir: 'desc' }] },
  map: { 'lines.worker': 'lines.worker', 'lines.hours': 'lines.hours' },
}

const record = { id: 'S1', entity: 'day_labor_sheet', rev: 1 }

test('the team of the sheet takes the place of its variable', () => {
  expect(fillSearch(wholeTeam, { team: 'T1' })?.filter).toEqual({
    and: [
      { field: 'home_team', op: 'eq', value: 'T1' },
      { field: 'status', op: 'eq', value: 'active' },
    ],
  })
})

test('without a team there is nothing to search for', () => {
  expect(fillSearch(wholeTeam, {})).toBeUndefined()
})

test('each worker becomes a row and brings his name', () => {
  const page = {
    records: [
      { ...record, id: 'W1', entity: 'worker', values: { name: '张大力' } },
      { ...record, id: 'W2', entity: 'worker', values: { name: '李长根' } },
    ],
    next: '',
  }
  expect(rowsFrom(wholeTeam, 'lines', page)).toEqual({
    rows: [{ worker: 'W1' }, { worker: 'W2' }],
    key: 'worker',
    names: { 'worker/W1': '张大力', 'worker/W2': '李长根' },
  })
})

test('the rows of the last sheet are copied, only the columns that are mapped', () => {
  expect(fillSearch(copyLast, {})).toEqual({ limit: 1, sort: '-work_date' })
  const lines = [
    { _id: 'r1', worker: 'W1', hours: '8', gong: '1' },
    { _id: 'r2', worker: 'W2' },
  ]
  const page = { records: [{ ...record, values: { lines } }], next: '' }
  expect(rowsFrom(copyLast, 'lines', page).rows).toEqual([
    { worker: 'W1', hours: '8' },
    { worker: 'W2' },
  ])
})
