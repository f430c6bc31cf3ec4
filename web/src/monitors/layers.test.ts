import { expect, test } from 'vitest'
import type { MonitorEvaluation } from '../api/types'
import { chartOf } from './layers'

const at = (second: number, values: Record<string, number>): MonitorEvaluation => ({
  time: new Date(second * 1000).toISOString(),
  state: 'OK',
  took_s: 0,
  group_count: 1,
  note: '',
  groups: Object.entries(values).map(([group, value]) => ({ group, state: 'OK', value, reason: '' })),
})

test('values stand in the order of time, a group that was missing leaves a gap, thresholds go across', () => {
  const chart = chartOf([at(20, { a: 2 }), at(10, { a: 1, b: 5 })], { options: { thresholds: { critical: 3 } } }, 'light')
  expect(chart.timesS).toEqual([10, 20])
  expect(chart.stepS).toBe(10)
  expect(chart.layers.map((one) => [one.label, one.values])).toEqual([
    ['a', [1, 2]],
    ['b', [5, null]],
    ['critical', [3, 3]],
  ])
})

test('nothing gives an empty chart', () => {
  expect(chartOf([], {}, 'dark')).toEqual({ timesS: [], stepS: 10, layers: [] })
})
