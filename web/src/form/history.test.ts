import { beforeAll, beforeEach, expect, test } from 'vitest'
import type { Entity } from '@/api/bundle'
import type { Engine } from './engine'
import { FormModel } from './model'
import { startEngine } from './test-engine'

const decimal = { type: 'string', 'x-type': 'decimal', 'x-scale': 2 } as const

const sheet: Entity = {
  name: 'sheet',
  title: '点工单',
  type: 'object',
  properties: {
    day_hours: { ...decimal, default: '8' },
    lines: {
      type: 'array',
      'x-type': 'table',
      items: {
        properties: {
          worker: { type: 'string', 'x-type': 'text' },
          hours: { ...decimal, 'x-default': 'record.day_hours', 'x-max': '24' },
          gong: { ...decimal, 'x-compute': 'hours / 8' },
        },
      },
    },
    total: { ...decimal, 'x-compute': 'sum(lines, .gong)' },
  },
}

const context = {
  event: 'submit' as const,
  now: '2026-06-01T02:00:00Z',
  zone: '+08:00',
  actor: { id: 'U1', name: '王' },
}

const slice = {
  lang: 'zh-CN',
  entity: {
    ...sheet,
    properties: {
      ...sheet.properties,
      lines: {
        ...sheet.properties['lines'],
        items: { type: 'object', ...sheet.properties['lines']?.items },
      },
    },
  },
}

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})

let model: FormModel
beforeEach(() => {
  model = new FormModel(sheet, {})
  const { editing, opened } = engine.open(slice, { values: {}, context })
  model.join(editing, opened, () => undefined)
  model.insertRows('lines', [{ worker: '张' }, { worker: '李' }, { worker: '王', hours: '4' }])
})

const shown = () =>
  model
    .rows('lines')
    .map((row) => [row['worker'] ?? '', row['hours'] ?? '', row['gong'] ?? ''].join(' '))

test('a row that was deleted comes back where it stood, with its id and its sums', () => {
  const history = model.history('lines')
  const before = shown()
  const ids = model.rowIds('lines')
  history.run(() => model.deleteRows('lines', [ids[1] ?? '']))
  expect(shown()).toEqual(['张 8 1', '王 4 0.5'])
  expect(history.undo()).toBe(true)
  expect(shown()).toEqual(before)
  expect(model.rowIds('lines')).toEqual(ids)
  expect(model.field('total').value).toBe('2.5')
  expect(history.redo()).toBe(true)
  expect(shown()).toEqual(['张 8 1', '王 4 0.5'])
  expect(history.redo()).toBe(false)
})

test('what nobody wrote stays a default when a row comes back', () => {
  const history = model.history('lines')
  history.run(() => model.deleteRows('lines', model.rowIds('lines')))
  history.undo()
  model.set('day_hours', '6')
  expect(shown()).toEqual(['张 6 0.75', '李 6 0.75', '王 4 0.5'])
})

test('many cells are one step, and a new step ends what could be done again', () => {
  const history = model.history('lines')
  const ids = model.rowIds('lines')
  const all = new Map(ids.map((id) => [`lines[${id}].hours`, '10']))
  history.run(() => model.write('lines', all))
  expect(model.field('total').value).toBe('3.75')
  history.undo()
  expect(shown()).toEqual(['张 8 1', '李 8 1', '王 4 0.5'])
  expect(history.canRedo()).toBe(true)
  history.run(() => model.set(`lines[${ids[0]}].hours`, '2'))
  expect(history.canRedo()).toBe(false)
})

test('typing in a cell is one step however many keys it took; looking at it is none', () => {
  const history = model.history('lines')
  const path = `lines[${model.rowIds('lines')[0]}].worker`
  history.begin()
  for (const text of ['张三', '张三丰']) model.set(path, text)
  history.end()
  history.begin()
  history.end()
  history.undo()
  expect(model.field(path).value).toBe('张')
  expect(history.canUndo()).toBe(false)
})

test('what came meanwhile otherwise stays', () => {
  const history = model.history('lines')
  const [first = '', second = ''] = model.rowIds('lines')
  history.run(() => model.deleteRows('lines', [first]))
  model.set(`lines[${second}].hours`, '9')
  model.insertRows('lines', [{ worker: '赵' }])
  history.undo()
  expect(shown()).toEqual(['张 8 1', '李 9 1.13', '王 4 0.5', '赵 8 1'])
})

test('pasted rows go again, and what was wrong with them', () => {
  const history = model.history('lines')
  const last = model.rowIds('lines')[2] ?? ''
  history.run(() =>
    model.paste(
      'lines',
      last,
      ['worker', 'hours'],
      [
        ['王五', '99'],
        ['钱', '7'],
      ],
    ),
  )
  expect(model.errors()).toHaveLength(1)
  history.undo()
  expect(shown()).toEqual(['张 8 1', '李 8 1', '王 4 0.5'])
  expect(model.errors()).toEqual([])
})

test('a text that turned out to name somebody is that one when it is done again', () => {
  const history = model.history('lines')
  const path = `lines[${model.rowIds('lines')[0]}].worker`
  history.run(() => model.set(path, 'W07'))
  model.set(path, '周')
  history.amend(path, 'W07', '周')
  history.undo()
  expect(model.field(path).value).toBe('张')
  history.redo()
  expect(model.field(path).value).toBe('周')
})
