import { afterAll, describe, expect, test } from 'vitest'
import type { Reading } from '@/api/flows'
import { switchLanguage } from '@/lib/i18n'
import { amountText, conditionText } from './condition-text'
import { deadlinesText, rangeText, readsText } from './texts'

const total: Reading = { op: 'field', path: 'total', title: '合计', type: 'money' }
const kind: Reading = { op: 'field', path: 'kind', title: '类别', type: 'select' }
const urgent: Reading = { op: 'field', path: 'urgent', title: '加急', type: 'boolean' }
const day: Reading = { op: 'field', path: 'day', title: '日期', type: 'date' }
const hours: Reading = {
  op: 'field',
  path: 'lines.hours',
  title: '工时',
  type: 'decimal',
  unit: 'h',
}
const lines: Reading = { op: 'field', path: 'lines', title: '明细', type: 'table' }
const money = (value: string): Reading => ({ op: 'value', value, type: 'money' })
const option = (value: string, label: string): Reading => ({
  op: 'value',
  value,
  label,
  type: 'select',
})
const dear: Reading = { op: 'gt', args: [total, money('50000')] }
const material: Reading = { op: 'eq', args: [kind, option('a', '材料')] }

const cases: { of: string; reading: Reading; zh: string; en: string }[] = [
  {
    of: 'both',
    reading: { op: 'and', args: [dear, material] },
    zh: '合计 大于 5万 且 类别 是 材料',
    en: '合计 is more than 50,000 and 类别 is 材料',
  },
  {
    of: 'one within the other',
    reading: {
      op: 'and',
      args: [dear, { op: 'or', args: [material, { op: 'yes', args: [urgent] }] }],
    },
    zh: '合计 大于 5万 且 （类别 是 材料 或 加急 为“是”）',
    en: '合计 is more than 50,000 and (类别 is 材料 or 加急 is yes)',
  },
  {
    of: 'one of several, and none of them',
    reading: {
      op: 'or',
      args: [
        { op: 'in', args: [kind, option('a', '材料'), option('b', '机械')] },
        { op: 'not', args: [{ op: 'in', args: [kind, option('c', '人工')] }] },
      ],
    },
    zh: '类别 是 材料、机械 之一 或 类别 不是 人工 中的任何一个',
    en: '类别 is one of 材料, 机械 or 类别 is none of 人工',
  },
  {
    of: 'a date, and what is filled in',
    reading: {
      op: 'and',
      args: [
        { op: 'lt', args: [day, { op: 'call', name: 'today' }] },
        { op: 'filled', args: [kind] },
        { op: 'empty', args: [day] },
      ],
    },
    zh: '日期 早于 今天 且 类别 已填 且 日期 未填',
    en: '日期 is before today and 类别 is filled in and 日期 is empty',
  },
  {
    of: 'rows',
    reading: {
      op: 'call',
      name: 'any',
      args: [
        lines,
        { op: 'gt', args: [hours, { op: 'value', value: '8', type: 'decimal', unit: 'h' }] },
      ],
    },
    zh: '明细 中有一行 工时 大于 8 h',
    en: 'in a row of 明细 工时 is more than 8 h',
  },
  {
    of: 'a setting, and what counts where nothing is',
    reading: {
      op: 'ge',
      args: [
        { op: 'nz', args: [total, money('0')], type: 'money' },
        { op: 'setting', title: '大额', value: '120000', type: 'money' },
      ],
    },
    zh: '合计（空按 0） 不小于 大额（12万）',
    en: '合计 (0 if empty) is at least 大额 (120,000)',
  },
  {
    of: 'sums',
    reading: {
      op: 'le',
      args: [
        {
          op: 'mul',
          args: [
            { op: 'add', args: [total, money('1.50')], type: 'money' },
            { op: 'value', value: '2' },
          ],
        },
        { op: 'call', name: 'max', args: [total, money('10000')], type: 'money' },
      ],
    },
    zh: '（合计 + 1.50） × 2 不大于 合计、1万 中最大的',
    en: '(合计 + 1.50) × 2 is at most the highest of 合计, 10,000',
  },
  {
    of: 'people, roles, states and words',
    reading: {
      op: 'and',
      args: [
        {
          op: 'eq',
          args: [
            { op: 'field', title: '经理', type: 'user' },
            { op: 'value', value: 'u1', label: '王工', type: 'user' },
          ],
        },
        { op: 'no', args: [{ op: 'role', title: '财务' }] },
        {
          op: 'ne',
          args: [
            { op: 'field', title: '备注', type: 'text' },
            { op: 'value', value: '12', type: 'text' },
          ],
        },
      ],
    },
    zh: '经理 是 王工 且 发起人没有角色“财务” 且 备注 不是 “12”',
    en: '经理 is 王工 and the initiator does not have the role “财务” and 备注 is not “12”',
  },
]

describe('a condition is told in the language of its reader', () => {
  afterAll(() => switchLanguage('zh-CN'))

  test.each(cases)('$of in Chinese', async ({ reading, zh }) => {
    await switchLanguage('zh-CN')
    expect(conditionText(reading)).toBe(zh)
  })
  test.each(cases)('$of in English', async ({ reading, en }) => {
    await switchLanguage('en')
    expect(conditionText(reading)).toBe(en)
  })
})

test.each([
  ['9999', '9,999'],
  ['10000', '1万'],
  ['10000.00', '1万'],
  ['12500', '1.25万'],
  ['12345', '12,345'],
  ['-50000', '-5万'],
  ['250000000', '2.5亿'],
  ['12345678901234567890', '12,345,678,901,234,567,890'],
  ['0', '0'],
])('%s is told as %s in Chinese, never rounded', (value, want) => {
  expect(amountText(value)).toBe(want)
})

test('what a condition read is told by the titles of its fields', () => {
  const reads = { total: '60000', note: null, other: '1' }
  expect(readsText({ at: '', reads, told: { op: 'and', args: [dear] } })).toBe(
    '合计 = 6万、note = 空、other = 1',
  )
})

test('a part of the values of a field is told with its options and amounts', () => {
  expect(rangeText({ from: '50000', fromClosed: false }, { type: 'money' })).toBe('> 5万')
  expect(rangeText({ values: ['a'] }, { type: 'select', labels: { a: '材料' } })).toBe('材料')
})

test('deadlines are told in words', () => {
  expect(
    deadlinesText([
      { after: 'PT24H', do: 'remind' },
      { after: 'P1DT12H', do: 'transfer:leader' },
    ]),
  ).toBe('24 小时后提醒、1 天 12 小时后转给 上级')
})
