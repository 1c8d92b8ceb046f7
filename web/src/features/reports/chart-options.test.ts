import { expect, test } from 'vitest'
import type { Widget } from '@/api/definitions.gen'
import type { Column, Report, ReportRow } from '@/api/reports'
import { chartOption, type Drawing, type Mark, shownOf } from './chart-options'

function column(name: string, type: Column['x-type'], more: Partial<Column> = {}): Column {
  return { name, title: name, 'x-type': type, 'x-scale': 2, 'x-fixed': true, ...more }
}

const columns = [
  column('day', 'date', { key: true }),
  column('worker', 'text', { key: true }),
  column('cost', 'money', { total: true }),
  column('gong', 'decimal', { total: true }),
  column('ratio', 'percent'),
]

function table(rows: ReportRow[], totals?: Report['totals']): Report {
  return { columns, rows, count: rows.length, asOf: '2026-06-30', ...(totals ? { totals } : {}) }
}

function widget(type: Widget['type'], more: Partial<Widget>): Widget {
  return { name: 'w', title: 'W', type, dataset: 'd', x: 0, y: 0, w: 6, h: 4, ...more }
}

const drawing: Drawing = {
  unit: 'yuan',
  refs: {},
  phone: false,
  lang: 'zh-CN',
  others: '其他',
  palette: {
    series: ['#111111', '#222222'],
    text: '#000000',
    quiet: '#555555',
    line: '#dddddd',
    ground: '#ffffff',
    heat: ['#eeeeee', '#111111'],
    font: 'sans-serif',
  },
}

/** The parts of an option that the tests look at. */
interface Seen {
  xAxis: { type: string; data?: string[] } | { type: string }[]
  yAxis: { type: string; data?: string[] } | { type: string }[]
  series: {
    type: string
    stack?: string
    yAxisIndex?: number
    max?: number
    data: (Mark & { name?: string })[]
    detail?: { formatter: () => string }
  }[]
  tooltip: { renderMode: string; formatter: (shown: unknown) => string }
  visualMap: { max: number }
}

function option(kind: Widget, report: Report, more: Partial<Drawing> = {}): Seen {
  const made = chartOption(kind, report, { ...drawing, ...more })
  expect(made).toBeDefined()
  return made as unknown as Seen
}

const days: ReportRow[] = [
  { day: '2026-06-02', worker: '李四', cost: '25000.00', gong: '2.5000' },
  { day: '2026-06-01', worker: '张三', cost: '123456.78', gong: '1.0000' },
]

test('gong and amount by day stand up on two axes', () => {
  const bars = option(widget('bar', { dimension: 'day', measure: ['gong', 'cost'] }), table(days))
  expect(bars.xAxis).toMatchObject({ type: 'category', data: ['2026-06-01', '2026-06-02'] })
  expect(bars.yAxis).toHaveLength(2)
  expect(bars.series.map((series) => series.yAxisIndex)).toEqual([0, 1])
  expect(bars.series.map((series) => series.stack)).toEqual([undefined, undefined])
})

test('bars by name lie on their side, so that names can be read', () => {
  const bars = option(widget('bar', { dimension: 'worker', measure: 'cost' }), table(days))
  expect(bars.yAxis).toMatchObject({ type: 'category', data: ['李四', '张三'] })
  expect(bars.series[0]?.data.map((mark) => mark.value)).toEqual([25000, 123456.78])
})

test('a mark says the exact amount in the unit of the page', () => {
  const bars = option(widget('bar', { dimension: 'worker', measure: 'cost' }), table(days), {
    unit: 'wan',
  })
  expect(bars.series[0]?.data).toEqual([
    { value: 2.5, text: '2.50', rows: [0] },
    { value: 12.345678, text: '12.35', rows: [1] },
  ])
})

test('parts of one measure stand on each other', () => {
  const bars = option(widget('bar', { dimension: ['day', 'worker'], measure: 'cost' }), table(days))
  expect(bars.series.map((series) => series.stack)).toEqual(['all', 'all'])
})

test('the tip of an axis lists what has a value, drawn rather than as markup', () => {
  const lines = option(
    widget('line', { dimension: ['day', 'worker'], measure: 'cost' }),
    table(days),
  )
  const at = lines.series.map((series) => ({
    name: '2026-06-01',
    seriesName: series.type,
    data: series.data[0],
  }))
  expect(lines.tooltip.renderMode).toBe('richText')
  expect(lines.tooltip.formatter(at)).toBe('2026-06-01\nline：123,456.78')
})

test('a pie shows the largest slices first, the small ones as one with their exact sum', () => {
  const rows = Array.from({ length: 10 }, (_, index) => ({
    worker: `w${index}`,
    cost: `${index}.01`,
  }))
  const pie = option(widget('pie', { dimension: 'worker', measure: 'cost' }), table(rows))
  const data = pie.series[0]?.data ?? []
  expect(data.map((slice) => slice.name)).toEqual([
    'w9',
    'w8',
    'w7',
    'w6',
    'w5',
    'w4',
    'w3',
    '其他',
  ])
  expect(data.at(-1)).toMatchObject({ text: '3.03', rows: [2, 1, 0] })
})

test('what is negative is no part of a whole', () => {
  const rows = [
    { worker: 'a', cost: '-5.00' },
    { worker: 'b', cost: '5.00' },
  ]
  const pie = option(widget('pie', { dimension: 'worker', measure: 'cost' }), table(rows))
  expect(pie.series[0]?.data.map((slice) => slice.name)).toEqual(['b'])
  const none = widget('pie', { dimension: 'worker', measure: 'cost' })
  expect(chartOption(none, table([{ worker: 'a', cost: '-5.00' }]), drawing)).toBeUndefined()
})

test.each([
  ['37.5', 100, '37.5%'],
  ['100', 100, '100%'],
  ['137.5', 200, '137.5%'],
])('a gauge of %s%% goes to %s', (ratio, max, said) => {
  const gauge = option(widget('gauge', { measure: 'ratio' }), table([{ ratio }]))
  expect(gauge.series[0]?.max).toBe(max)
  expect(gauge.series[0]?.detail?.formatter()).toBe(said)
})

test('a gauge of a column with a sum shows the sum', () => {
  const gauge = option(widget('gauge', { measure: 'cost' }), table(days, { cost: '148456.78' }))
  expect(gauge.series[0]?.detail?.formatter()).toBe('148,456.78')
})

test('a heat map has time along the bottom, whichever dimension it is', () => {
  const heat = option(
    widget('heatmap', { dimension: ['worker', 'day'], measure: 'gong' }),
    table(days),
  )
  expect(heat.xAxis).toMatchObject({ data: ['2026-06-01', '2026-06-02'] })
  expect(heat.yAxis).toMatchObject({ data: ['李四', '张三'] })
  expect(heat.series[0]?.data.map((mark) => mark.value)).toEqual([
    [1, 0, 2.5],
    [0, 1, 1],
  ])
  expect(heat.visualMap.max).toBe(2.5)
  const [mark] = heat.series[0]?.data ?? []
  expect(heat.tooltip.formatter({ data: mark })).toBe('李四 · 2026-06-02\ngong 2.5000')
})

test('nothing to draw is no chart', () => {
  for (const type of ['bar', 'line', 'pie'] as const) {
    const kind = widget(type, { dimension: 'day', measure: 'cost' })
    expect(chartOption(kind, table([]), drawing), type).toBeUndefined()
  }
  expect(chartOption(widget('gauge', { measure: 'cost' }), table([]), drawing)).toBeUndefined()
})

test('what a chart reports of a click that is not on a mark has no rows', () => {
  expect(shownOf({ name: 'x', data: 5 }).mark).toBeUndefined()
  expect(shownOf({ data: { value: 1, text: '1', rows: [3] } }).mark?.rows).toEqual([3])
})
