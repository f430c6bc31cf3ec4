/** Evaluations as the lines of a chart: the groups' values, and the thresholds. */

import type { MonitorDefinition, MonitorEvaluation } from '../api/types'
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
    return value === undefined ? [] : [{ key: `threshold ${name}`, label: name, colour: colour[theme], values: timesS.map(() => value) }]
  })
  return { timesS, stepS: stepOf(timesS), layers: [...lines, ...thresholds] }
}

/** The usual distance of two evaluations. */
function stepOf(timesS: readonly number[]): number {
  const steps = timesS.slice(1).map((time, at) => time - timesS[at]!)
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 10
}
