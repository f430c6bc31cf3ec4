import { expect, test } from 'vitest'
import type { MonitorHead } from '../api/types'
import { filterMonitors, parseMonitorSearch } from './search'

const monitor = (name: string, state: MonitorHead['state'], tags: string[] = []): MonitorHead => ({ id: 1, name, type: 'query alert', query: 'avg(last_1m):avg:llm.cost{*} > 1', tags, priority: null, state, evaluated_at: null })

const MONITORS = [monitor('Slow answers', 'Alert', ['team:search']), monitor('Costly answers', 'OK'), monitor('Silence', 'No Data')]

test('every word must be there, in the name, the query or a tag', () => {
  expect(filterMonitors(MONITORS, { q: 'answers' }).length).toBe(2)
  expect(filterMonitors(MONITORS, { q: 'answers TEAM:search' }).map((one) => one.name)).toEqual(['Slow answers'])
  expect(filterMonitors(MONITORS, { q: 'llm.cost' }).length).toBe(3)
})

test('a state narrows the list', () => {
  expect(filterMonitors(MONITORS, { state: 'No Data' }).map((one) => one.name)).toEqual(['Silence'])
})

test('an unknown state in the URL is no filter', () => {
  expect(parseMonitorSearch({ state: 'Broken', q: 'a' })).toEqual({ q: 'a' })
})
