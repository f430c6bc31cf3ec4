import { expect, test } from 'vitest'
import type { MonitorEvaluation } from '../api/types'
import { chartOf, everySeconds } from './layers'

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

test.each([
  [{}, 10],
  [{ from: '7d' }, 1520],
  [{ from: '2026-11-20T00:00:00Z', to: '2026-11-21T00:00:00Z' }, 220],
  [{ from: '1790000000', to: '1790040000' }, 100],
])('a chart of %o takes an evaluation every %d s', (range, seconds) => {
  expect(everySeconds(range, Date.parse('2026-11-21T00:00:00Z'), 400)).toBe(seconds)
})
