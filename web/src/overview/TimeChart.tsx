/** A time series chart: stacked bars or lines, a shared crosshair, a tooltip, drag to zoom. */

import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import uPlot from 'uplot'
import { Panel } from '../ui/parts'
import { useTheme } from '../ui/theme'
import { type Layer, stackLayers } from './stack'

interface Props {
  title: string
  note?: string
  timesS: number[]
  stepS: number
  layers: Layer[]
  kind: 'bars' | 'lines'
  format: (value: number) => string
  onZoom: (fromS: number, toS: number) => void
  onToggle?: ((key: string) => void) | undefined
  hidden?: ReadonlySet<string> | undefined
  /** Where the axis begins; without it at 0, or below the lowest negative value. */
  lowest?: number | undefined
}

const HEIGHT = 168
const AXIS = 72
const PADDING = 12
const SPARSE_POINTS = 30
/** Where the plot begins within the panel, pixels. */
const PLOT_LEFT = AXIS + PADDING
const SYNC = uPlot.sync('overview')

export const TimeChart = memo(function TimeChart(props: Props) {
  const { title, note, timesS, layers, kind, format, hidden } = props
  const theme = useTheme()
  const shown = useMemo(() => layers.filter((layer) => !hidden?.has(layer.key)), [layers, hidden])
  const data = useMemo(() => chartData(timesS, shown, kind), [timesS, shown, kind])
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(null)
  const latest = useRef({ ...props, shown })
  const [at, setAt] = useState<{ index: number; left: number } | null>(null)
  useLayoutEffect(() => {
    latest.current = { ...props, shown }
  })

  // A chart is made anew only when its series or colours change; new points are put into the one that is there.
  const shape = JSON.stringify([theme, kind, shown.map((layer) => [layer.key, layer.colour])])
  useEffect(() => {
    const element = box.current!
    const made = new uPlot(options(element.clientWidth, latest, setAt), data, element)
    plot.current = made
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
      plot.current = null
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [shape])
  useEffect(() => plot.current?.setData(data), [data])

  return (
    <Panel className="relative min-w-0 p-3 pb-2" aria-label={title}>
      <header className="mb-1 flex items-baseline gap-2">
        <h2 className="text-[13px] font-semibold whitespace-nowrap">{title}</h2>
        {note && <span className="truncate text-xs text-faint">{note}</span>}
      </header>
      <div ref={box} style={{ height: HEIGHT }} role="img" aria-label={`${title} over time`} onMouseLeave={() => setAt(null)} />
      {at && <Tooltip at={at} width={box.current?.clientWidth ?? 0} layers={shown} timesS={timesS} stepS={props.stepS} format={format} total={kind === 'bars' && shown.length > 1} />}
      <Legend {...props} />
    </Panel>
  )
})

function Legend({ layers, hidden, onToggle }: Props) {
  return (
    <ul className="mt-1 flex min-h-5 flex-wrap gap-x-3 text-xs">
      {layers.map((layer) => {
        const off = hidden?.has(layer.key) ?? false
        const dot = <span className="size-2 shrink-0 rounded-full" style={{ background: layer.colour }} />
        return (
          <li key={layer.key} className="max-w-48">
            {onToggle ? (
              <button type="button" aria-pressed={!off} className={`flex max-w-full items-center gap-1.5 hover:text-ink ${off ? 'text-faint line-through opacity-70' : 'text-soft'}`} onClick={() => onToggle(layer.key)}>
                {dot} <span className="truncate">{layer.label}</span>
              </button>
            ) : (
              <span className="flex items-center gap-1.5 text-soft" title={layer.label}>
                {dot} <span className="truncate">{layer.label}</span>
              </span>
            )}
          </li>
        )
      })}
    </ul>
  )
}

interface TooltipProps {
  at: { index: number; left: number }
  width: number
  layers: Layer[]
  timesS: number[]
  stepS: number
  format: (value: number) => string
  total: boolean
}

function Tooltip({ at, width, layers, timesS, stepS, format, total }: TooltipProps) {
  const time = timesS[at.index]
  if (time === undefined) return null
  const right = at.left > width / 2
  const rows = layers.map((layer) => ({ ...layer, value: layer.values[at.index] ?? null }))
  const sum = rows.reduce((whole, row) => whole + (row.value ?? 0), 0)
  return (
    <div
      className="pointer-events-none absolute top-9 z-20 max-w-64 min-w-40 rounded-md border border-line bg-panel px-2.5 py-2 text-xs shadow-lg"
      style={right ? { right: width - at.left - PLOT_LEFT + 3 * PADDING } : { left: at.left + PLOT_LEFT + PADDING }}
    >
      <p className="num mb-1 text-faint">{clock(time, stepS)}</p>
      <ul className="space-y-0.5">
        {rows.map((row) => (
          <li key={row.key} className="flex items-center gap-1.5">
            <span className="size-2 shrink-0 rounded-full" style={{ background: row.colour }} />
            <span className="min-w-0 flex-1 truncate text-soft">{row.label}</span>
            <span className="num font-medium">{row.value === null ? '–' : format(row.value)}</span>
          </li>
        ))}
        {total && (
          <li className="mt-1 flex justify-between border-t border-line pt-1 font-medium">
            Total <span className="num">{format(sum)}</span>
          </li>
        )}
      </ul>
    </div>
  )
}

function clock(timeS: number, stepS: number): string {
  const moment = new Date(timeS * 1000)
  const day = moment.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })
  if (stepS >= 86_400) return day
  return `${day} ${moment.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: stepS < 60 ? '2-digit' : undefined })}`
}

/** Bars are drawn from the highest running total down, so that each covers what is not its own. */
function chartData(timesS: number[], layers: Layer[], kind: Props['kind']): uPlot.AlignedData {
  const values = kind === 'bars' ? stackLayers(layers).reverse() : layers.map((layer) => layer.values)
  return [timesS, ...values] as uPlot.AlignedData
}

type Latest = { current: Props & { shown: Layer[] } }

function options(width: number, latest: Latest, setAt: (at: { index: number; left: number } | null) => void): uPlot.Options {
  const { kind, shown } = latest.current
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const axis: uPlot.Axis = { stroke: colour('--faint'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' }
  const drawn = kind === 'bars' ? [...shown].reverse() : shown
  return {
    width,
    height: HEIGHT,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: SYNC.key, setSeries: false },
      y: false,
      drag: { x: true, y: false, setScale: false },
      points: { show: kind === 'lines', size: 6 },
    },
    scales: {
      x: { time: true, range: () => xRange(latest.current) },
      y: { range: (_, min, max) => yRange(min, max, latest.current.lowest) },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 26, space: 70, values: axisClock },
      { ...axis, size: AXIS, space: 34, values: (chart, ticks) => ticks.map((tick) => (tick === 0 || hasPoints(chart) ? latest.current.format(tick) : '')) },
    ],
    series: [{}, ...drawn.map((layer) => seriesOf(layer, kind))],
    hooks: {
      setCursor: [
        (chart) => {
          const index = chart.cursor.idx
          const mine = chart.over.matches(':hover')
          setAt(mine && index != null ? { index, left: chart.cursor.left ?? 0 } : null)
        },
      ],
      setSelect: [
        (chart) => {
          const { left, width: selected } = chart.select
          if (selected < 8) return
          const [from, to] = [chart.posToVal(left, 'x'), chart.posToVal(left + selected, 'x')]
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          latest.current.onZoom(Math.floor(from), Math.ceil(to))
        },
      ],
    },
  }
}

/** Without points the scale means nothing. */
const hasPoints = (chart: uPlot): boolean => chart.data.slice(1).some((values) => values.some((value) => (value ?? 0) !== 0))

function yRange(min: number, max: number, lowest: number | undefined): [number, number] {
  if (lowest !== undefined) return [lowest, Math.max(max, lowest) + (max - lowest || 1) * 0.12]
  return [min < 0 ? min * 1.12 : 0, max > 0 ? max * 1.12 : min < 0 ? 0 : 1]
}

function xRange({ timesS, stepS }: Props): [number, number] {
  const first = timesS[0] ?? 0
  return [first - stepS / 2, (timesS.at(-1) ?? first) + stepS / 2]
}

function axisClock(_: uPlot, ticks: number[]): string[] {
  const step = (ticks[1] ?? 0) - (ticks[0] ?? 0)
  return ticks.map((tick) => {
    const moment = new Date(tick * 1000)
    if (step >= 86_400) return moment.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })
    return moment.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', ...(step < 60 ? { second: '2-digit' } : {}) })
  })
}

/** Few points are marked: a line through one of them is nothing to see. */
const isSparse = (chart: uPlot, series: number): boolean => Array.from(chart.data[series] ?? []).filter((value) => value != null).length <= SPARSE_POINTS

function seriesOf(layer: Layer, kind: Props['kind']): uPlot.Series {
  if (kind === 'lines' && layer.dashed) return { stroke: layer.colour, width: 1.2, dash: [6, 4], points: { show: false }, spanGaps: true }
  if (kind === 'lines') return { stroke: layer.colour, width: 1.6, points: { show: isSparse, size: 5, width: 0, fill: layer.colour }, spanGaps: true }
  return { stroke: layer.colour, fill: layer.colour, width: 0, points: { show: false }, paths: uPlot.paths.bars!({ size: [0.82, 26], radius: 0 }) }
}
