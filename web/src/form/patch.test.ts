import { expect, test } from 'vitest'
import type { Field } from '@/api/bundle'
import { applyPatch, copyOf, patchOf, sameWritten } from './patch'

const text: Field = { type: 'string', 'x-type': 'text' }
const hours: Field = { type: 'string', 'x-type': 'decimal' }
const fields: Record<string, Field> = {
  no: { type: 'string', 'x-type': 'autonumber', 'x-number': { pattern: '{seq:3}' } },
  content: text,
  remark: text,
  total: { ...hours, 'x-compute': 'sum(lines, .hours)' },
  lines: {
    type: 'array',
    'x-type': 'table',
    items: { properties: { worker: text, hours, gong: { ...hours, 'x-compute': 'hours / 8' } } },
  },
}

const stored = {
  no: '001',
  content: '清理',
  remark: '旧',
  total: '16',
  lines: [
    { _id: 'r1', worker: 'W1', hours: '8', gong: '1' },
    { _id: 'r2', worker: 'W2', hours: '8', gong: '1' },
  ],
}

test('a patch holds what a person changed, by row; what was emptied is null', () => {
  const now = {
    no: '001',
    content: '清理积水',
    total: '20.5',
    lines: [
      { _id: 'r1', worker: 'W1', hours: '8.5', gong: '1.0625' },
      { _id: '+1', worker: 'W3', hours: '4', gong: '0.5' },
    ],
  }
  expect(patchOf(fields, stored, now)).toEqual({
    content: '清理积水',
    remark: null,
    lines: [
      { _id: 'r2', _delete: true },
      { _id: 'r1', hours: '8.5' },
      { worker: 'W3', hours: '4' },
    ],
  })
})

test('nothing changed is an empty patch, whatever was computed', () => {
  expect(patchOf(fields, stored, { ...stored, total: '99' })).toEqual({})
})

test('a new record is what was written, without ids of rows', () => {
  const lines = [{ _id: '+1', worker: 'W1', hours: '8', gong: '1' }]
  expect(patchOf(fields, {}, { content: '清理', total: '8', lines })).toEqual({
    content: '清理',
    lines: [{ worker: 'W1', hours: '8' }],
  })
})

test('one’s own changes are put upon what somebody else has saved meanwhile', () => {
  const mine = {
    ...stored,
    content: '我的',
    lines: [{ ...stored.lines[0], _id: 'r1', hours: '9' }],
  }
  const theirs = {
    ...stored,
    remark: '他的',
    lines: [...stored.lines, { _id: 'r3', worker: 'W9', hours: '2', gong: '0.25' }],
  }
  const merged = applyPatch(theirs, patchOf(fields, stored, mine))
  expect(merged).toEqual({
    ...theirs,
    content: '我的',
    lines: [
      { _id: 'r1', worker: 'W1', hours: '9', gong: '1' },
      { _id: 'r3', worker: 'W9', hours: '2', gong: '0.25' },
    ],
  })
  expect(patchOf(fields, theirs, merged)).toEqual(patchOf(fields, stored, mine))
})

test('a row that is gone is not brought back by a change to it', () => {
  const patch = { lines: [{ _id: 'r2', hours: '1' }] }
  const theirs = { lines: [{ _id: 'r1', hours: '8' }] }
  expect(applyPatch(theirs, patch)).toEqual(theirs)
})

test('a copy has what people write, and rows of its own', () => {
  expect(copyOf(fields, stored)).toEqual({
    content: '清理',
    remark: '旧',
    lines: [
      { _id: '+c1', worker: 'W1', hours: '8' },
      { _id: '+c2', worker: 'W2', hours: '8' },
    ],
  })
})

test('the same was written, though the server has given a new row its id and computed the rest', () => {
  const added = { worker: 'W3', hours: '4' }
  const mine = { ...stored, lines: [...stored.lines, { _id: '+w1', ...added }] }
  const kept = {
    ...stored,
    total: '20',
    lines: [...stored.lines, { _id: 'r3', ...added, gong: '0.5' }],
  }
  expect(sameWritten(fields, kept, mine)).toBe(true)
  expect(sameWritten(fields, { ...kept, remark: '他的' }, mine)).toBe(false)
  expect(sameWritten(fields, stored, mine)).toBe(false)
})
