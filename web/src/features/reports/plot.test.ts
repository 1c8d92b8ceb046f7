import { expect, test } from 'vitest'
import type { Widget } from '@/api/definitions.gen'
import type { Column, Report, ReportRow } from '@/api/reports'
import type { Look } from './figures'
import { plotOf } from './plot'

function column(name: string, type: Column['x-type'], more: Partial<Column> = {}): Column {
  return { name, title: name, 'x-type': type, 'x-scale': 2, 'x-fixed': true, ...more }
}

const day = column('day', 'date', { key: true })
const team = column('team', 'reference', { key: true, entity: 'labor_team' })
const cost = column('cost', 'money', { total: true })
const heads = column('heads', 'integer')

function table(rows: ReportRow[]): Report {
  return {
    columns: [day, team, cost, heads],
    rows,
    count: rows.length,
    asOf: '2026-06-30',
    refs: { 'labor_team/t1': '木工一班', 'labor_team/t2': '钢筋班' },
  }
}

const look: Look = { unit: 'yuan', refs: table([]).refs }

function widget(dimension: string | string[], measure: string | string[]): Widget {
  return {
    name: 'w',
    title: 'W',
    type: 'bar',
    dataset: 'd',
    x: 0,
    y: 0,
    w: 6,
    h: 4,
    dimension,
    measure,
  }
}

const rows: ReportRow[] = [
  { day: '2026-06-02', team: 't2', cost: '200.20', heads: 2 },
  { day: '2026-06-01', team: 't1', cost: '100.10', heads: 1 },
  { day: '2026-06-02', team: 't1', cost: '0.01', heads: 1 },
]

test('time runs forward, and rows of a day are added up exactly', () => {
  const plot = plotOf(table(rows), widget('day', 'cost'), look)
  expect(plot?.categories).toEqual(['2026-06-01', '2026-06-02'])
  expect(plot?.time).toBe(true)
  expect(plot?.series[0]?.points).toEqual([
    { rows: [1], value: '100.10' },
    { rows: [0, 2], value: '200.21' },
  ])
})

test('names keep the order of the table', () => {
  const plot = plotOf(table(rows), widget('team', 'cost'), look)
  expect(plot?.categories).toEqual(['钢筋班', '木工一班'])
})

test('numbers without a sum are never added up: their rows stand beside each other', () => {
  const plot = plotOf(table(rows), widget('team', ['heads', 'cost']), look)
  expect(plot?.categories).toEqual(['钢筋班', '木工一班', '木工一班'])
  expect(plot?.series.map((series) => series.points.map((point) => point?.value))).toEqual([
    [2, 1, 1],
    ['200.20', '100.10', '0.01'],
  ])
})

test('a second dimension makes a series of each of its values; a gap stays a gap', () => {
  const plot = plotOf(table(rows), widget(['day', 'team'], 'cost'), look)
  expect(plot?.series.map((series) => series.name)).toEqual(['钢筋班', '木工一班'])
  expect(plot?.series[0]?.points).toEqual([undefined, { rows: [0], value: '200.20' }])
})

test('two values without a sum in one place cannot be drawn', () => {
  const twice = table([...rows, { day: '2026-06-02', team: 't1', cost: '5.00', heads: 3 }])
  expect(plotOf(twice, widget(['day', 'team'], 'heads'), look)).toBeUndefined()
  const added = plotOf(twice, widget(['day', 'team'], 'cost'), look)
  expect(added?.series[1]?.points[1]).toEqual({ rows: [2, 3], value: '5.01' })
})

test('a missing value is a category, but no point', () => {
  const plot = plotOf(
    table([{ day: '2026-06-01', cost: '1.00' }, { team: 't1' }]),
    widget('team', 'cost'),
    look,
  )
  expect(plot?.categories).toEqual(['–', '木工一班'])
  expect(plot?.series[0]?.points).toEqual([{ rows: [0], value: '1.00' }, undefined])
})

test('of many names the first are shown and the rest counted; of time all is shown', () => {
  const many = Array.from({ length: 40 }, (_, index) => ({
    day: `2026-${String(Math.floor(index / 20) + 5).padStart(2, '0')}-${String((index % 20) + 1).padStart(2, '0')}`,
    team: `x${index}`,
    cost: '1.00',
  }))
  const names = plotOf(table(many), widget('team', 'cost'), look)
  expect([names?.categories.length, names?.left]).toEqual([24, 16])
  const days = plotOf(table(many), widget('day', 'cost'), look)
  expect([days?.categories.length, days?.left]).toEqual([40, 0])
})

test('a column the reader lacks leaves nothing to draw', () => {
  expect(plotOf(table(rows), widget('project', 'cost'), look)).toBeUndefined()
  expect(plotOf(table(rows), widget('day', 'pay'), look)).toBeUndefined()
})
