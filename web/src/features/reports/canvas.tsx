import { BarChart, GaugeChart, HeatmapChart, LineChart, PieChart } from 'echarts/charts'
import {
  GridComponent,
  LegendComponent,
  TooltipComponent,
  VisualMapComponent,
} from 'echarts/components'
import { type EChartsType, init, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { useEffect, useRef } from 'react'
import { type ChartOption, shownOf } from './chart-options'

use([
  BarChart,
  LineChart,
  PieChart,
  GaugeChart,
  HeatmapChart,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  VisualMapComponent,
  CanvasRenderer,
])

interface CanvasProps {
  option: ChartOption
  /** What the chart is, for those who do not see it. */
  label: string
  /** Gets the rows behind the mark that was clicked. */
  onPick: ((rows: number[]) => void) | undefined
}

/** A chart on a canvas that follows the size of its place. */
export function Canvas({ option, label, onPick }: CanvasProps) {
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<EChartsType>(undefined)
  useEffect(() => {
    const element = place.current
    if (!element) return
    const made = init(element, null, { renderer: 'canvas' })
    chart.current = made
    const watch = new ResizeObserver(() => made.resize())
    watch.observe(element)
    return () => {
      watch.disconnect()
      chart.current = undefined
      made.dispose()
    }
  }, [])
  useEffect(() => {
    chart.current?.setOption(option, { notMerge: true })
  }, [option])
  useEffect(() => {
    const made = chart.current
    if (!made || !onPick) return
    const pick = (raw: unknown) => {
      const rows = shownOf(raw).mark?.rows
      if (rows && rows.length > 0) onPick(rows)
    }
    made.on('click', pick)
    return () => {
      if (!made.isDisposed()) made.off('click', pick)
    }
  }, [onPick])
  return <div ref={place} role="img" aria-label={label} className="fw-chart" />
}
