/** An SLO's course as the lines of charts. */

import type { SloColumns } from '../api/types'
import type { Layer } from '../overview/stack'

const COLOURS = {
  light: { line: '#5b4be0', target: '#c02632', warning: '#d9822b', burn: '#d9822b', budget: '#0f8b8d' },
  dark: { line: '#9d91ff', target: '#ff7a85', warning: '#f0a95b', burn: '#f0a95b', budget: '#3fc5c0' },
} as const

export interface SloLayers {
  sli: Layer[]
  budget: Layer[]
  burn: Layer[]
}

export function layersOf(columns: SloColumns, target: { target_percent: number; warning_percent: number | null }, theme: 'light' | 'dark'): SloLayers {
  const colour = COLOURS[theme]
  const across = (key: string, label: string, value: number, tone: string): Layer => ({ key, label, colour: tone, values: columns.times_s.map(() => value), dashed: true })
  return {
    sli: [
      { key: 'sli', label: 'Indicator', colour: colour.line, values: columns.sli_percent },
      across('target', `Target ${target.target_percent} %`, target.target_percent, colour.target),
      ...(target.warning_percent === null ? [] : [across('warning', `Warning ${target.warning_percent} %`, target.warning_percent, colour.warning)]),
    ],
    budget: [{ key: 'budget', label: 'Left', colour: colour.budget, values: columns.remaining_percent }, across('zero', 'Used up', 0, colour.target)],
    burn: [{ key: 'burn', label: 'Burn rate', colour: colour.burn, values: columns.burn_rate.map((rate, at) => (columns.valid[at] ? rate : null)) }, across('one', 'Spends exactly the budget', 1, colour.target)],
  }
}

/** Where the indicator's axis begins: shares near 100 % say nothing on an axis from 0. */
export function lowestSli(columns: SloColumns, targetPercent: number): number {
  const lowest = Math.min(targetPercent, ...columns.sli_percent.filter((value) => value !== null))
  return Math.max(0, lowest - (100 - lowest) * 0.15)
}
