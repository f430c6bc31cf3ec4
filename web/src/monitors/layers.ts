/** Evaluations as the lines of a chart: the groups' values, and the thresholds. */

import type { MonitorDefinition, MonitorEvaluation } from '../api/types'
import { DEFAULT_FROM, type RangeSearch } from '../format/ranges'
import type { Layer } from '../overview/stack'
import { seriesColours } from '../ui/colours'

export interface Chart {
  timesS: number[]
  stepS: number
  layers: Layer[]
}

const CHARTED_GROUPS = 8
const THRESHOLDS = [
  ['critical', { light: '#c02632', dark: '#ff7a85' }],
  ['warning', { light: '#d9822b', dark: '#f0a95b' }],
] as const

/** evaluations: newest first, as the API gives them. */
export function chartOf(evaluations: readonly MonitorEvaluation[], definition: MonitorDefinition, theme: 'light' | 'dark'): Chart {
  const ordered = [...evaluations].reverse()
  const timesS = ordered.map((one) => Date.parse(one.time) / 1000)
  const groups = [...new Set(evaluations.flatMap((one) => one.groups.map((group) => group.group)))].slice(0, CHARTED_GROUPS)
  const colours = seriesColours(groups, theme)
  const lines = groups.map((group) => ({
    key: group,
    label: group === '*' ? 'value' : group,
    colour: colours.get(group) ?? '#888',
    values: ordered.map((one) => one.groups.find((found) => found.group === group)?.value ?? null),
  }))
  const thresholds = THRESHOLDS.flatMap(([name, colour]) => {
    const value = definition.options?.thresholds?.[name]
    return value === undefined ? [] : [{ key: `threshold ${name}`, label: name, colour: colour[theme], values: timesS.map(() => value), dashed: true }]
  })
  return { timesS, stepS: stepOf(timesS), layers: [...lines, ...thresholds] }
}

/** Seconds between evaluations that a chart of so many points needs of a range; 10, the scheduler's own, at least. */
export function everySeconds(range: RangeSearch, nowMs: number, points: number): number {
  const from = momentMs(range.from ?? DEFAULT_FROM, nowMs)
  const to = momentMs(range.to ?? 'now', nowMs)
  return Math.max(10, Math.ceil((to - from) / 1000 / points / 10) * 10)
}

const UNIT_MS: Record<string, number> = { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 }

function momentMs(end: string, nowMs: number): number {
  const ago = /^(\d{1,6})([smhdw])$/.exec(end)
  if (ago) return nowMs - Number(ago[1]) * UNIT_MS[ago[2]!]!
  if (end === 'now') return nowMs
  if (/^\d+$/.test(end)) return Number(end) * (end.length > 11 ? 1 : 1000)
  return new Date(end).getTime()
}

/** The usual distance of two evaluations. */
function stepOf(timesS: readonly number[]): number {
  const steps = timesS.slice(1).map((time, at) => time - timesS[at]!)
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 10
}
