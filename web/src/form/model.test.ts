import { beforeAll, expect, test } from 'vitest'
import type { Entity } from '@/api/bundle'
import type { Ask, Engine } from './engine'
import { FormModel } from './model'
import { startEngine } from './test-engine'

const decimal = { type: 'string', 'x-type': 'decimal', 'x-scale': 4 } as const

const sheet: Entity = {
  name: 'sheet',
  title: '点工单',
  type: 'object',
  required: ['content'],
  properties: {
    content: { type: 'string', 'x-type': 'text', title: '内容' },
    day: { type: 'string', format: 'date', 'x-type': 'date', 'x-default': 'today()' },
    team: { type: 'string', 'x-type': 'reference', 'x-entity': 'team' },
    std: { ...decimal, 'x-compute': 'team.std_hours' },
    lines: {
      type: 'array',
      'x-type': 'table',
      items: {
        required: ['hours'],
        properties: {
          hours: { ...decimal, 'x-max': '24' },
          gong: { ...decimal, 'x-compute': 'round(hours / 8, 4)' },
        },
      },
    },
    total: { ...decimal, 'x-compute': 'sum(lines, .gong)' },
  },
}

const team = {
  name: 'team',
  title: '班组',
  type: 'object',
  properties: { std_hours: { type: 'string', 'x-type': 'decimal' } },
}

const lines = { ...sheet.properties['lines'] }
const slice = {
  lang: 'zh-CN',
  entity: {
    ...sheet,
    properties: {
      ...sheet.properties,
      lines: { ...lines, items: { type: 'object', ...lines.items } },
    },
  },
  entities: { team },
}

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})

function join(model: FormModel): Ask[] {
  const asks: Ask[] = []
  const { editing, opened } = engine.open(slice, {
    values: model.values(),
    context: {
      event: 'submit',
      now: '2026-06-01T02:00:00Z',
      zone: '+08:00',
      actor: { id: 'U1', name: '王' },
    },
  })
  model.join(editing, opened, (more) => asks.push(...more))
  return asks
}

test('before the engine is there, values are kept and computed ones are pending', () => {
  const model = new FormModel(sheet, {})
  const [row = ''] = model.insertRows('lines', [{ hours: '8' }])
  model.set(`lines[${row}].hours`, '4')
  expect(model.rows('lines')).toEqual([{ _id: row, hours: '4' }])
  expect(model.field('total').state).toEqual({ readOnly: true, pending: true })
  expect(model.field('content').state).toEqual({ required: true })
})

test('the engine takes over what was typed and completes it', () => {
  const model = new FormModel(sheet, {})
  const [row = ''] = model.insertRows('lines', [{ hours: '4' }])
  join(model)
  expect(model.field('day').value).toBe('2026-06-01')
  expect(model.field(`lines[${row}].gong`).value).toBe('0.5')
  model.set(`lines[${row}].hours`, '12')
  expect(model.field('total').value).toBe('1.5')
})

test('only those who show something hear of its change', () => {
  const model = new FormModel(sheet, {})
  join(model)
  const [first = '', second = ''] = model.insertRows('lines', [{ hours: '8' }, { hours: '8' }])
  const heard: string[] = []
  model.subscribe('content', () => heard.push('content'))
  model.subscribe('total', () => heard.push('total'))
  model.subscribeRow('lines', first, () => heard.push('first'))
  model.subscribeRow('lines', second, () => heard.push('second'))
  model.set(`lines[${first}].hours`, '4')
  expect(new Set(heard)).toEqual(new Set(['first', 'total']))
  const before = model.row('lines', second)
  model.set(`lines[${first}].hours`, '5')
  expect(model.row('lines', second)).toBe(before)
})

test('what is missing is told when the person has been there, or when he wants to send', () => {
  const model = new FormModel(sheet, {})
  join(model)
  expect(model.field('content').problems).toEqual([])
  model.visit('content')
  expect(model.field('content').problems.map((problem) => problem.code)).toEqual(['required'])

  const [row = ''] = model.insertRows('lines', [{}])
  expect(model.row('lines', row).problems('hours')).toEqual([])
  model.tellProblems()
  expect(
    model
      .row('lines', row)
      .problems('hours')
      .map((problem) => problem.code),
  ).toEqual(['required'])
  expect(model.problems().map((problem) => problem.field)).toEqual([
    'content',
    `lines[${row}].hours`,
  ])
})

test('a value out of bounds is told at once where it was typed', () => {
  const model = new FormModel(sheet, {})
  join(model)
  const [row = ''] = model.insertRows('lines', [{ hours: '8' }])
  model.set(`lines[${row}].hours`, '25')
  expect(model.row('lines', row).problems('hours')).toMatchObject([
    { code: 'max', params: { max: '24' } },
  ])
  model.set(`lines[${row}].hours`, '24')
  expect(model.row('lines', row).problems('hours')).toEqual([])
})

test('what the server refuses stands at its field until the value is changed', () => {
  const model = new FormModel(sheet, { content: '清理' })
  join(model)
  model.refuse([{ field: 'content', code: 'duplicate' }])
  expect(model.field('content').problems.map((problem) => problem.code)).toEqual(['duplicate'])
  model.set('content', '清理积水')
  expect(model.field('content').problems).toEqual([])
})

test('values of other records are asked for once and used when they come', () => {
  const model = new FormModel(sheet, {})
  const asks = join(model)
  model.set('team', 'T1')
  expect(asks).toMatchObject([{ key: 'team/T1' }])
  expect(model.field('std').state.pending).toBe(true)
  model.answer({ records: { 'team/T1': { std_hours: '9' } }, lookups: {} })
  expect(model.field('std').value).toBe('9')
  model.set('content', '清理')
  expect(asks).toHaveLength(1)
})

test('rows that are pasted are added as needed; rows that go take their problems along', () => {
  const model = new FormModel(sheet, {})
  join(model)
  model.paste('lines', null, ['hours'], [['8'], ['99']])
  expect(model.rows('lines').map((row) => row['gong'])).toEqual(['1', '12.375'])
  const second = model.rowIds('lines')[1] ?? ''
  expect(model.errors().map((problem) => problem.field)).toContain(`lines[${second}].hours`)
  model.deleteRows('lines', [second])
  expect(model.errors().map((problem) => problem.field)).not.toContain(`lines[${second}].hours`)
  expect(model.field('total').value).toBe('1')
})

test('paths that are closed are read-only from the start', () => {
  const model = new FormModel(sheet, { content: 'a' })
  model.close(['content', 'lines.hours'])
  expect(model.field('content').state.readOnly).toBe(true)
  expect(model.stateOf('lines[r1].hours').readOnly).toBe(true)
})
