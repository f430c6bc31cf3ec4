import { expect, test } from 'vitest'
import { stackLayers } from './stack'

const layer = (key: string, values: (number | null)[]) => ({ key, label: key, colour: '#000', values })

test('each layer stands on the ones before it, and missing points add nothing', () => {
  expect(stackLayers([layer('a', [1, null, 3]), layer('b', [2, 5, null])])).toEqual([[1, 0, 3], [3, 5, 3]])
})
