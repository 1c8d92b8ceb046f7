import type {
  BarSeriesOption,
  GaugeSeriesOption,
  HeatmapSeriesOption,
  LineSeriesOption,
  PieSeriesOption,
} from 'echarts/charts'
import type {
  DataZoomComponentOption,
  GridComponentOption,
  LegendComponentOption,
  TooltipComponentOption,
  VisualMapComponentOption,
} from 'echarts/components'
import type { ComposeOption } from 'echarts/core'
import type { Widget } from '@/api/definitions.gen'
import type { Column, Report } from '@/api/reports'
import type { Wire } from '@/api/wire'
import { sum } from '@/lib/decimal'
import { titleOf } from '@/lib/texts'
import { figure, isMoney, isTime, type Look, position } from './figures'
import type { Palette } from './palette'
import { columnsOf, type Plot, type Point, plotOf, type Series } from './plot'

export type ChartOption = ComposeOption<
  | BarSeriesOption
  | LineSeriesOption
  | PieSeriesOption
  | GaugeSeriesOption
  | HeatmapSeriesOption
  | GridComponentOption
  | LegendComponentOption
  | TooltipComponentOption
  | VisualMapComponentOption
  | DataZoomComponentOption
>

/** What a mark of a chart carries: where it stands, what it says, and the rows it is made from. */
export interface Mark {
  value: number | null | [number, number, number]
  text: string
  rows: number[]
}

/** What drawing a chart needs besides its table. */
export interface Drawing extends Look {
  palette: Palette
  phone: boolean
  lang: string
  /** "Others", for the slices too small to be told apart. */
  others: string
}

/** The chart of a widget; undefined if its table cannot be drawn as one, or has nothing to draw. */
export function chartOption(
  widget: Widget,
  report: Report,
  drawing: Drawing,
): ChartOption | undefined {
  switch (widget.type) {
    case 'bar':
    case 'line': {
      const plot = plotOf(report, widget, drawing)
      return plot && plot.categories.length > 0 ? axesOption(widget.type, plot, drawing) : undefined
    }
    case 'pie':
      return pieOption(widget, report, drawing)
    case 'gauge':
      return gaugeOption(widget, report, drawing)
    case 'heatmap':
      return heatOption(widget, report, drawing)
    default:
      return undefined
  }
}

function base({ palette }: Drawing): ChartOption {
  return {
    color: palette.series,
    textStyle: { color: palette.text, fontFamily: palette.font },
    animationDuration: 250,
    // Drawn, not HTML: texts of records cannot become markup.
    tooltip: { renderMode: 'richText', confine: true, borderColor: palette.line },
  }
}

function mark(column: Column, point: Point | undefined, look: Look): Mark {
  return {
    value: position(column, point?.value, look.unit),
    text: figure(column, point?.value, look),
    rows: point?.rows ?? [],
  }
}

/** Bars that run up for time and to the right for names, which then can be read; lines always run to the right. */
function axesOption(type: 'bar' | 'line', plot: Plot, drawing: Drawing): ChartOption {
  const sideways = type === 'bar' && !plot.time
  const kinds = axisKinds(plot)
  const category = categoryAxis(plot, sideways, drawing)
  const values = kinds.map((kind, index) => ({
    ...valueAxis(kind, index, drawing),
    // Two scales must tell which is whose.
    ...(kinds.length > 1 ? { name: axisName(plot, kind) } : {}),
  }))
  const several = plot.series.length > 1
  return {
    ...base(drawing),
    grid: {
      left: 8,
      right: 12,
      top: (several ? 36 : 16) + (values.length > 1 ? 20 : 0),
      bottom: 8,
    },
    ...(several ? { legend: { ...legend(drawing), top: 2, left: 4, right: 4 } } : {}),
    tooltip: {
      ...base(drawing).tooltip,
      trigger: 'axis',
      axisPointer: { type: type === 'bar' ? 'shadow' : 'line' },
      formatter: (shown: unknown) => tipOf(shown, drawing.lang),
    },
    ...(sideways ? { xAxis: values, yAxis: category } : { xAxis: category, yAxis: values }),
    series: plot.series.map((series) => {
      const axis = kinds.indexOf(kindOfAxis(series.column))
      const on = sideways ? { xAxisIndex: axis } : { yAxisIndex: axis }
      return { ...seriesOption(type, series, plot, drawing), ...on }
    }),
  }
}

function seriesOption(
  type: 'bar' | 'line',
  series: Series,
  plot: Plot,
  drawing: Drawing,
): BarSeriesOption | LineSeriesOption {
  const data = series.points.map((point) => mark(series.column, point, drawing))
  const name = series.name
  if (type === 'line') {
    return { type, name, data, symbolSize: 6, showSymbol: data.length < 40, connectNulls: false }
  }
  // Parts of one measure stand on each other if they have a sum; different measures stand beside each other.
  const parts = plot.series.length > 1 && plot.series.every((each) => each.column === series.column)
  const stack = parts && series.column.total ? { stack: 'all' } : {}
  return { type, name, data, barMaxWidth: 28, cursor: 'pointer', ...stack }
}

function kindOfAxis(column: Column): string {
  return isMoney(column) ? 'money' : `${column['x-type']} ${column['x-unit'] ?? ''}`
}

/** One axis for each kind of value, two at most: gong at the left and money at the right. */
function axisKinds(plot: Plot): string[] {
  return [...new Set(plot.series.map((series) => kindOfAxis(series.column)))].slice(0, 2)
}

function axisName(plot: Plot, kind: string): string {
  const mine = plot.series.filter((series) => kindOfAxis(series.column) === kind)
  return mine.map((series) => series.name).join(' / ')
}

function legend({ palette }: Drawing): LegendComponentOption {
  return {
    type: 'scroll',
    icon: 'circle',
    itemWidth: 9,
    itemHeight: 9,
    textStyle: { fontSize: 12, color: palette.text },
  }
}

function categoryAxis(plot: Plot, sideways: boolean, { palette, phone }: Drawing) {
  return {
    type: 'category' as const,
    data: plot.categories,
    inverse: sideways,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: palette.line } },
    axisLabel: {
      color: palette.quiet,
      hideOverlap: true,
      ...(sideways ? { width: phone ? 84 : 120, overflow: 'truncate' as const } : {}),
    },
  }
}

function valueAxis(kind: string, index: number, drawing: Drawing) {
  const { palette, lang } = drawing
  const percent = kind.startsWith('percent')
  return {
    type: 'value' as const,
    nameTextStyle: { color: palette.quiet },
    splitLine: { show: index === 0, lineStyle: { color: palette.line } },
    axisLabel: {
      color: palette.quiet,
      hideOverlap: true,
      formatter: (value: number) => `${tick(value, lang)}${percent ? '%' : ''}`,
    },
  }
}

/** The label of a tick: a round number the chart chose, in short. */
function tick(value: number, lang: string): string {
  return new Intl.NumberFormat(lang, { notation: 'compact', maximumFractionDigits: 2 }).format(
    value,
  )
}

/** What ECharts hands to formatters and click handlers, as far as it is ours. */
export interface Shown {
  name: string
  seriesName: string
  mark: Mark | undefined
}

export function shownOf(raw: unknown): Shown {
  const { name, seriesName, data } = raw as Record<string, unknown>
  const rows = (data as Mark | undefined)?.rows
  return {
    name: String(name ?? ''),
    seriesName: String(seriesName ?? ''),
    mark: Array.isArray(rows) ? (data as Mark) : undefined,
  }
}

function tipOf(raw: unknown, lang: string): string {
  const all = (Array.isArray(raw) ? raw : [raw]).map(shownOf)
  const colon = lang.startsWith('zh') ? '：' : ': '
  const lines = all.flatMap(({ seriesName, mark }) =>
    mark && mark.rows.length > 0 ? [`${seriesName}${colon}${mark.text}`] : [],
  )
  return [all[0]?.name ?? '', ...lines].join('\n')
}

/** How many slices can be told apart; what is smaller is summed up. */
const maxSlices = 8

/** A pie shows parts of a whole: what is positive, the largest first. */
function pieOption(widget: Widget, report: Report, drawing: Drawing): ChartOption | undefined {
  const plot = plotOf(report, widget, drawing)
  const [series] = plot?.series ?? []
  if (!plot || !series) return undefined
  const { column } = series
  const slices = series.points.flatMap((point, index) => {
    const value = position(column, point?.value, drawing.unit)
    return point && value !== null && value > 0
      ? [{ name: plot.categories[index] ?? '', point, value }]
      : []
  })
  if (slices.length === 0) return undefined
  slices.sort((a, b) => b.value - a.value)
  const shown = slices.slice(0, slices.length > maxSlices ? maxSlices - 1 : maxSlices)
  const rest = slices.slice(shown.length)
  if (rest.length > 0) {
    const value = sum(rest.map(({ point }) => point.value))
    const rows = rest.flatMap(({ point }) => point.rows)
    shown.push({
      name: drawing.others,
      point: { rows, value },
      value: position(column, value, drawing.unit) ?? 0,
    })
  }
  const data = shown.map(({ name, point }) => ({ name, ...mark(column, point, drawing) }))
  return {
    ...base(drawing),
    tooltip: {
      ...base(drawing).tooltip,
      trigger: 'item',
      formatter: (raw: unknown) => {
        const { name, mark: hit } = shownOf(raw)
        return `${name}\n${hit?.text ?? ''} (${percentOf(raw)}%)`
      },
    },
    legend: { ...legend(drawing), bottom: 0 },
    series: [
      {
        type: 'pie',
        name: series.name,
        radius: ['40%', '64%'],
        center: ['50%', '45%'],
        data: data as PieSeriesOption['data'],
        itemStyle: { borderColor: drawing.palette.ground, borderWidth: 2 },
        label: {
          formatter: (raw: unknown) => `${percentOf(raw)}%`,
          overflow: 'none',
          color: drawing.palette.text,
        },
        labelLine: { length: 8, length2: 6 },
      } as PieSeriesOption,
    ],
  }
}

/** The share of a slice, to one place. */
function percentOf(raw: unknown): string {
  const { percent } = raw as { percent?: number }
  return (percent ?? 0).toFixed(1)
}

/** The one figure of a table: the sum over all rows where the column has one, else what the first row says. */
export function single(report: Report, column: Column): Wire | undefined {
  return report.totals?.[column.name] ?? report.rows[0]?.[column.name]
}

/** A gauge goes to a hundred percent, or as far beyond as the value is. */
function gaugeOption(widget: Widget, report: Report, drawing: Drawing): ChartOption | undefined {
  const [column] = columnsOf(report, widget.measure)
  if (!column) return undefined
  const value = single(report, column)
  const at = position(column, value, drawing.unit)
  if (report.rows.length === 0 || at === null) return undefined
  const { palette } = drawing
  const max = column['x-type'] === 'percent' ? Math.max(100, nextRound(at)) : nextRound(at)
  return {
    ...base(drawing),
    series: [
      {
        type: 'gauge',
        min: 0,
        max,
        startAngle: 180,
        endAngle: 0,
        center: ['50%', '78%'],
        radius: '140%',
        progress: { show: true, width: 10 },
        axisLine: { lineStyle: { width: 10, color: [[1, palette.line]] } },
        axisTick: { show: false },
        splitLine: { show: false },
        axisLabel: { show: false },
        pointer: { show: false },
        title: { show: false },
        detail: {
          offsetCenter: [0, '-12%'],
          fontSize: 16,
          fontWeight: 600,
          color: palette.text,
          formatter: () => figure(column, value, drawing),
        },
        data: [{ value: at, name: titleOf(column) }],
      },
    ],
  }
}

/** The next of 1, 2, 5, 10, 20, 50 … that is not below the value. */
function nextRound(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(Math.max(value, 1)))
  return [1, 2, 5, 10].map((step) => step * unit).find((limit) => limit >= value) ?? 10 * unit
}

/** A table of two dimensions as a field of colours; time, if there is any, along the bottom. */
function heatOption(widget: Widget, report: Report, drawing: Drawing): ChartOption | undefined {
  const [one, other] = columnsOf(report, widget.dimension)
  if (!one || !other) return undefined
  const along = isTime(other) && !isTime(one) ? [other.name, one.name] : [one.name, other.name]
  const plot = plotOf(report, { ...widget, dimension: along }, drawing)
  const [first] = plot?.series ?? []
  if (!plot || !first) return undefined
  const { palette } = drawing
  const names = plot.series.map((series) => series.name)
  const data = plot.series.flatMap((series, down) =>
    series.points.flatMap((point, across) => {
      if (!point) return []
      const { value, ...said } = mark(series.column, point, drawing)
      return [{ ...said, value: [across, down, Number(value)] as [number, number, number] }]
    }),
  )
  const top = Math.max(1, ...data.map(({ value }) => value[2]))
  const written = !drawing.phone && plot.categories.length <= 31
  const marks = data.map((cell) => ({
    ...cell,
    label: { color: cell.value[2] > top * 0.75 ? palette.ground : palette.text },
  }))
  return {
    ...base(drawing),
    grid: { left: 8, right: 8, top: 8, bottom: 34 },
    tooltip: {
      ...base(drawing).tooltip,
      formatter: (raw: unknown) => {
        const hit = shownOf(raw).mark
        if (!hit || !Array.isArray(hit.value)) return ''
        const [across, down] = hit.value
        return `${names[down]} · ${plot.categories[across]}\n${titleOf(first.column)} ${hit.text}`
      },
    },
    xAxis: heatAxis(plot.categories, palette),
    yAxis: { ...heatAxis(names, palette), inverse: true },
    visualMap: {
      min: 0,
      max: top,
      text: [tick(top, drawing.lang), '0'],
      calculable: false,
      orient: 'horizontal',
      left: 'center',
      bottom: 0,
      itemHeight: 120,
      itemWidth: 10,
      padding: 0,
      inRange: { color: palette.heat },
      textStyle: { color: palette.quiet },
    },
    series: [
      {
        type: 'heatmap',
        name: titleOf(first.column),
        data: marks as HeatmapSeriesOption['data'],
        label: {
          show: written,
          fontSize: 11,
          formatter: (raw: unknown) => shownOf(raw).mark?.text ?? '',
        },
        itemStyle: { borderColor: palette.ground, borderWidth: 1 },
        emphasis: { itemStyle: { borderColor: palette.text } },
      } as HeatmapSeriesOption,
    ],
  }
}

function heatAxis(data: string[], palette: Palette) {
  return {
    type: 'category' as const,
    data,
    axisTick: { show: false },
    axisLine: { show: false },
    splitArea: { show: false },
    axisLabel: {
      color: palette.quiet,
      hideOverlap: true,
      width: 90,
      overflow: 'truncate' as const,
    },
  }
}
