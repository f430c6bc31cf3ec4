import { expect, test } from 'vitest'
import { countFilters, parseTraceSearch, traceQuery } from './filters'

test('the URL gives the filters, and what is wrong is left out', () => {
  const search = parseTraceSearch({ from: '15m', service: ' shop ', model: 4, status: 'bad', sort: 'cost', min_ms: '250', max_ms: 'x', other: 1 })
  expect(search).toEqual({ from: '15m', service: 'shop', model: '4', sort: 'cost', min_ms: 250 })
})

test('the default sort is not kept', () => expect(parseTraceSearch({ sort: 'time' })).toEqual({}))
test('names of Object are no sorts', () => expect(parseTraceSearch({ sort: 'constructor' })).toEqual({}))

test('milliseconds become nanoseconds for the API', () => {
  const query = traceQuery({ min_ms: 1.5, service: 'shop' }, 'abc')
  expect(query).toMatchObject({ from: '1h', to: 'now', min_duration_ns: 1_500_000, service: 'shop', cursor: 'abc' })
  expect(query['max_duration_ns']).toBeUndefined()
})

test('range, sort and words are not counted as filters', () => {
  expect(countFilters({ from: '1d', sort: 'cost', q: 'x', service: 'shop', status: 'error' })).toBe(2)
})
