import { expect, test } from 'vitest'
import { layersOf, lowestSli } from './layers'

const COLUMNS = { times_s: [0, 60, 120], good: [0, 9, 10], valid: [0, 10, 10], sli_percent: [null, 90, 100], remaining_percent: [null, -100, 0], burn_rate: [0, 2, 0] }

test('the target goes across; where nothing happened there is a gap, not a zero', () => {
  const layers = layersOf(COLUMNS, { target_percent: 95, warning_percent: null }, 'light')
  expect(layers.sli.map((one) => one.values)).toEqual([
    [null, 90, 100],
    [95, 95, 95],
  ])
  expect(layers.burn[0]!.values).toEqual([null, 2, 0])
})

test('the axis begins below the lowest of indicator and target', () => {
  expect(lowestSli(COLUMNS, 95)).toBeCloseTo(88.5)
  expect(lowestSli({ ...COLUMNS, sli_percent: [100, 100, 100] }, 99)).toBeCloseTo(98.85)
})
