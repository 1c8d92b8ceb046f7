import { expect, test } from 'vitest'
import { both, filterOf, readFilters, readWhere, writeFilters } from './quick-filters'

test('what was chosen becomes one filter', () => {
  const filter = filterOf({
    state: { kind: 'options', values: ['running', 'returned'] },
    team: { kind: 'one', id: 'T1', text: '一班' },
    work_date: { kind: 'range', from: '2026-06-01' },
    signed: { kind: 'flag', value: false },
  })
  expect(filter).toEqual({
    and: [
      { field: 'state', op: 'in', value: ['running', 'returned'] },
      { field: 'team', op: 'eq', value: 'T1' },
      { field: 'work_date', op: 'ge', value: '2026-06-01' },
      { field: 'signed', op: 'eq', value: false },
    ],
  })
  expect(filterOf({})).toBeUndefined()
})

test('filters come back from a URL as they went', () => {
  const filters = { team: { kind: 'one', id: 'T1', text: '一班' } } as const
  expect(readFilters(writeFilters(filters))).toEqual(filters)
  expect(writeFilters({})).toBeUndefined()
})

test.each([
  '',
  '[]',
  '{"a":1}',
  '{"a":{"kind":"options","values":"x"}}',
  '{"a":{"kind":"odd"}}',
  'null',
  '{',
])('a URL written by hand (%s) breaks nothing', (text) => {
  expect(readFilters(text)).toEqual({})
})

test('a filter that came with the address is added to what was chosen', () => {
  const where = { field: 'state', op: 'eq', value: 'approved' }
  const chosen = { and: [] }
  expect(both(chosen, readWhere(JSON.stringify(where)))).toEqual({ and: [chosen, where] })
  expect(both(undefined, where)).toEqual(where)
  expect(both(chosen, undefined)).toEqual(chosen)
})

test.each([undefined, 'not json', 'null', '[]', '"text"'])(
  '%s in an address is no filter',
  (text) => {
    expect(readWhere(text)).toBeUndefined()
  },
)
