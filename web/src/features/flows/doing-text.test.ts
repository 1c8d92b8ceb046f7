import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Node } from '@/api/definitions.gen'
import type { Doing, Reading } from '@/api/flows'
import { switchLanguage } from '@/lib/i18n'
import { doingText } from './doing-text'
import { cronText, startLimits, startText, whoText } from './texts'

const around = {
  titles: { 'role:finance': '财务' },
  targets: { 'erp.pay': 'https://erp.example.com/…' },
}
const action = (more: Partial<Node> = {}): Node => ({ name: 'n', type: 'action', ...more })
const project: Reading = { op: 'own', title: '项目', type: 'reference' }
const amount: Reading = { op: 'field', title: '金额', type: 'money' }
const told = (reading: Reading) => ({ source: 'source', told: reading })

const cases: { of: string; node?: Partial<Node>; doing: Doing; zh: string[]; en: string[] }[] = [
  {
    of: 'a record for each row, submitted',
    doing: {
      do: 'create',
      entity: '入账',
      each: '明细',
      submit: true,
      values: [
        {
          name: '数量',
          ...told({
            op: 'mul',
            args: [
              { op: 'row', title: '工时' },
              { op: 'value', value: '2' },
            ],
          }),
        },
        { name: '来源', ...told({ op: 'own' }) },
        { name: '备注', source: 'upper(kind)' },
      ],
    },
    zh: [
      '按“明细”的每一行新建一张“入账”，并提交审批',
      '数量 = 该行工时 × 2',
      '来源 = 本单',
      '备注 = upper(kind)',
    ],
    en: [
      'Creates a “入账” for each row of “明细” and submits it',
      "数量 = the row's 工时 × 2",
      '来源 = this record',
      '备注 = upper(kind)',
    ],
  },
  {
    of: 'the record a field names, if it is as it was',
    doing: {
      do: 'update',
      entity: '项目',
      one: told(project),
      expect: ['经理'],
      values: [{ name: '经理', ...told({ op: 'none' }) }],
    },
    zh: ['修改本单的项目所指的“项目”', '经理 = 空', '写入前核对 = 经理 在审批期间没有被改过'],
    en: [
      "Changes the “项目” named by this record's 项目",
      '经理 = nothing',
      'Only if = 经理 were not changed meanwhile',
    ],
  },
  {
    of: 'every record that matches',
    doing: {
      do: 'void',
      entity: '发票',
      where: told({
        op: 'eq',
        args: [
          { op: 'field', path: 'state', type: 'select' },
          { op: 'value', value: 'approved', type: 'select' },
        ],
      }),
      reason: told({
        op: 'add',
        args: [
          { op: 'value', value: '由 ' },
          { op: 'field', title: '编号' },
        ],
      }),
    },
    zh: ['作废符合条件的“发票”', '条件 = 审批状态 是 已通过', '原因 = 由 〔编号〕'],
    en: ['Voids every “发票” that matches', 'Condition = State is Approved', 'Reason = 由 [编号]'],
  },
  {
    of: 'a call outside, and one nobody has set up',
    doing: { do: 'webhook', name: 'erp.pay', values: [{ name: 'amount', ...told(amount) }] },
    zh: ['调用外部系统“erp.pay”（https://erp.example.com/…）', 'amount = 金额'],
    en: ['Calls “erp.pay” outside (https://erp.example.com/…)', 'amount = 金额'],
  },
  {
    of: 'a call of a name without a channel',
    doing: { do: 'webhook', name: 'nowhere' },
    zh: ['调用外部系统“nowhere”（消息通道里还没有启用）'],
    en: ['Calls “nowhere” outside (no channel of this name is on)'],
  },
  {
    of: 'people who are told',
    doing: {
      do: 'notify',
      to: ['initiator', 'role:finance'],
      title: told({ op: 'value', value: '已入账' }),
    },
    zh: ['通知发起人本人、角色 财务', '标题 = 已入账'],
    en: ['Tells The initiator, Role 财务', 'Title = 已入账'],
  },
  {
    of: 'a time',
    node: { type: 'wait', for: 'P3D' },
    doing: { do: 'wait' },
    zh: ['等 3 天'],
    en: ['Waits 3 days'],
  },
  {
    of: 'a day',
    node: { type: 'wait' },
    doing: {
      do: 'wait',
      until: told({
        op: 'nz',
        args: [
          { op: 'field', title: '到期', type: 'date' },
          { op: 'call', name: 'today' },
        ],
      }),
    },
    zh: ['等到：到期（空按 今天）'],
    en: ['Waits until 到期 (today if empty)'],
  },
  {
    of: 'a condition',
    node: { type: 'wait' },
    doing: {
      do: 'wait',
      until: told({ op: 'yes', args: [{ op: 'field', title: '验收', type: 'boolean' }] }),
    },
    zh: ['等到条件成立：验收 为“是”'],
    en: ['Waits until 验收 is yes'],
  },
  {
    of: 'another flow for each row, not waited for',
    node: { type: 'call', wait: false },
    doing: {
      do: 'call',
      name: '验收',
      each: '明细',
      back: [{ name: '结果', ...told({ op: 'field', title: '结论' }) }],
    },
    zh: ['按“明细”的每一行调用流程“验收”，不等结果', '写回 结果 = 结论'],
    en: [
      'Calls the flow “验收” for each row of “明细” and does not wait for it',
      'Takes back 结果 = 结论',
    ],
  },
]

const written = (node: Node, doing: Doing) => {
  const { sentence, lines } = doingText(node, doing, around)
  return [sentence, ...lines.map(({ title, text }) => `${title} = ${text}`)]
}

describe('what a node does, in Chinese', () => {
  beforeAll(() => switchLanguage('zh-CN'))
  test.each(cases)('$of', ({ node, doing, zh }) => {
    expect(written(action(node), doing)).toEqual(zh)
  })
  test.each([
    ['30 2 * * *', '每天 02:30'],
    ['0 8 * * 1,5', '每周一、五 08:00'],
    ['0 9 1,15 * *', '每月 1、15 日 09:00'],
    ['*/10 * * * *', '每 10 分钟'],
    ['5 * * * *', '每小时的第 5 分'],
    ['0 8 1 1 *', '定时 0 8 1 1 *'],
  ])('a schedule %s', (cron, text) => {
    expect(cronText(cron)).toBe(text)
  })
  test('what starts a flow names its records, and which of them', () => {
    const flow = { name: 'f', title: 'F', nodes: [], start: { on: ['created' as const] } }
    const doing: Doing = {
      do: 'start',
      entity: '点工单',
      where: told({ op: 'gt', args: [amount, { op: 'value', value: '5', type: 'money' }] }),
      roles: ['出纳'],
    }
    expect(startText(flow, doing, undefined)).toBe('新建“点工单”时')
    expect(startLimits(doing).map(({ title, text }) => `${title} ${text}`)).toEqual([
      '仅当 金额 大于 5',
      '可以用的角色： 出纳',
    ])
    expect(startText({ ...flow, start: { on: 'call' } }, doing, undefined)).toBe('由其他流程调用')
  })
  test('people with words of their own', () => {
    expect(whoText('leader:1')).toBe('发起人的直接上级')
    expect(whoText('leader:2')).toBe('发起人的第 2 级上级')
    expect(whoText('head:initiator')).toBe('发起人所在部门的负责人')
  })
})

describe('what a node does, in English', () => {
  beforeAll(() => switchLanguage('en'))
  afterAll(() => switchLanguage('zh-CN'))
  test.each(cases)('$of', ({ node, doing, en }) => {
    expect(written(action(node), doing)).toEqual(en)
  })
})
