import { expect, test } from 'vitest'
import type { Field } from '@/api/bundle'
import { differences } from './differences'

const text = { type: 'string', 'x-type': 'text' } as const
const fields: Record<string, Field> = {
  content: text,
  place: text,
  total: { ...text, 'x-compute': 'sum(lines, .hours)' },
  lines: {
    type: 'array',
    'x-type': 'table',
    items: {
      properties: { worker: text, hours: text, gong: { ...text, 'x-compute': 'hours / 8' } },
    },
  },
}

const before = {
  content: '清理',
  total: '16',
  lines: [
    { _id: 'a', worker: '张', hours: '8', gong: '1' },
    { _id: 'b', worker: '李', hours: '8', gong: '1' },
  ],
}

const told = (theirs: object, mine: object) =>
  differences(fields, {
    before,
    theirs: { ...before, ...theirs },
    mine: { ...before, ...mine },
  }).map(({ name, row, theirs: there, mine: here }) =>
    [name, row?.no, row?.column, there ?? '-', here ?? '-'].filter((part) => part !== undefined),
  )

test('what either changed is told, with both versions', () => {
  expect(told({ content: '清理积水' }, { place: '二层' })).toEqual([
    ['content', '清理积水', '清理'],
    ['place', '-', '二层'],
  ])
})

test('rows are told cell by cell, what is computed is not', () => {
  const [first, second] = before.lines
  expect(
    told(
      { total: '17', lines: [first, { ...second, hours: '9', gong: '1.125' }] },
      { total: '15', lines: [{ ...first, hours: '7' }, second] },
    ),
  ).toEqual([
    ['lines', 1, 'hours', '8', '7'],
    ['lines', 2, 'hours', '9', '8'],
  ])
})

test('a row only one of them has is told by its first column', () => {
  const [first, second] = before.lines
  expect(
    told({ lines: [first] }, { lines: [first, second, { _id: '+1', worker: '王', hours: '4' }] }),
  ).toEqual([
    ['lines', 2, '-', '李'],
    ['lines', 3, '-', '王'],
  ])
})
