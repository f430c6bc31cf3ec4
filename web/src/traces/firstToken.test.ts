import { expect, test } from 'vitest'
import { firstTokenNs } from './firstToken'

const columns = {
  span_id: ['root', 'llm', 'http', 'hop', 'other'],
  parent_id: ['', 'root', 'llm', 'http', 'root'],
  start_offset_ns: [0, 100, 150, 200, 50],
  ttft_ns: [null, null, null, 300, 7],
}

test('a span that knows its first token says it itself', () => {
  expect(firstTokenNs(columns, 4)).toBe(7)
})

test('a generation learns it from the gateway below, from its own start on', () => {
  expect(firstTokenNs(columns, 1)).toBe(400)
})

test('nobody below knows: null, also when ids make a circle', () => {
  expect(firstTokenNs({ ...columns, parent_id: ['root', 'http', 'llm', '', ''] }, 1)).toBeNull()
})
