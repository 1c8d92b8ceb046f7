import { expect, test } from 'vitest'
import type { Column, Params, ReportRow } from '@/api/reports'
import { csvOf } from './csv'
import { byColumn } from './order'
import { orderOf, readParams, withParam, writeParams } from './params'
import { compacted } from './place'
import { withParams, withSort, withUnit } from './state'

const params: Params = {
  project: { type: 'string', 'x-type': 'reference', 'x-entity': 'project' },
  to: { type: 'string', 'x-type': 'date' },
  from: { type: 'string', 'x-type': 'date' },
}

test('the period is asked first, from before to', () => {
  expect(orderOf(params).map(([name]) => name)).toEqual(['from', 'to', 'project'])
})

test('params come back from a URL as they were written', () => {
  const values = { from: '2026-06-01', project: '01J' }
  expect(readParams(writeParams(values), params)).toEqual(values)
  expect(writeParams({})).toBeUndefined()
})

test.each([
  'not json',
  '[]',
  '7',
  'null',
  '{"gone": "x"}',
  '{"from": {"$gt": ""}}',
  '{"from": null}',
])('%s in a URL sets no param', (text) => {
  expect(readParams(text, params)).toEqual({})
})

test('an emptied param has its default again', () => {
  expect(withParam({ from: '2026-06-01' }, 'from', undefined)).toEqual({})
  expect(withParam({}, 'from', '2026-06-02')).toEqual({ from: '2026-06-02' })
})

test('the state of a page has no entries for what is usual', () => {
  const state = withSort(withUnit(withParams({}, { from: '2026-06-01' }), 'wan'), '-cost')
  expect(state).toEqual({ p: '{"from":"2026-06-01"}', unit: 'wan', sort: '-cost' })
  expect(withSort(withUnit(withParams(state, {}), 'yuan'), undefined)).toEqual({})
})

const place = (x: number, y: number, w: number, h: number) => ({ x, y, w, h })

test('widgets move up into what is left free above them, and never over each other', () => {
  const moved = compacted([place(0, 6, 12, 4), place(0, 2, 3, 2), place(3, 2, 9, 4)])
  expect(moved).toEqual([place(0, 0, 3, 2), place(3, 0, 9, 4), place(0, 4, 12, 4)])
})

test('a full board stays as it is', () => {
  const board = [place(0, 0, 6, 2), place(6, 0, 6, 2), place(0, 2, 12, 5)]
  expect(compacted(board)).toEqual(board)
})

function column(name: string, type: Column['x-type'], more: Partial<Column> = {}): Column {
  return { name, title: name, 'x-type': type, 'x-scale': 2, 'x-fixed': true, ...more }
}

const sorted = (by: Column, rows: ReportRow[], refs = {}) =>
  [...rows].sort(byColumn(by, refs)).map((row) => row[by.name])

test('numbers are sorted by value, beyond the precision of floats; missing ones come first', () => {
  const rows = [
    { c: '10.00' },
    { c: '9.5' },
    {},
    { c: '9007199254740993' },
    { c: '9007199254740992' },
  ]
  expect(sorted(column('c', 'money'), rows)).toEqual([
    undefined,
    '9.5',
    '10.00',
    '9007199254740992',
    '9007199254740993',
  ])
})

test('options are sorted in their order, references by name', () => {
  const trade = column('t', 'select', {
    oneOf: [
      { const: 'skilled', title: '技工' },
      { const: 'general', title: '普工' },
    ],
  })
  expect(sorted(trade, [{ t: 'general' }, { t: 'skilled' }])).toEqual(['skilled', 'general'])
  const team = column('t', 'reference', { entity: 'team' })
  const refs = { 'team/1': '10 班', 'team/2': '9 班' }
  expect(sorted(team, [{ t: '1' }, { t: '2' }], refs)).toEqual(['2', '1'])
})

test('a CSV file has exact numbers in yuan and texts no spreadsheet runs', () => {
  const columns = [column('name', 'text'), column('cost', 'money', { title: '金额, 元' })]
  const rows = [
    { name: '=HYPERLINK("x")', cost: '-123456.70' },
    { name: '张,三' },
    { name: '李四', cost: '9007199254740993.01' },
  ]
  expect(csvOf(columns, rows, { unit: 'wan', refs: {} })).toBe(
    '\uFEFFname,"金额, 元"\r\n' +
      `"'=HYPERLINK(""x"")",-123456.70\r\n` +
      '"张,三",\r\n' +
      '李四,9007199254740993.01\r\n',
  )
})
