import { expect, test } from 'vitest'
import type { SloHead } from '../api/types'
import { filterSlos, parseSloSearch } from './search'

const slo = (name: string, tags: string[] = []): SloHead => ({ id: name, name, type: 'metric', description: '', tags, state: 'ok', error: '', targets: [] })

test('every word must be there, in the name, the type or a tag', () => {
  const slos = [slo('Orders go through', ['team:shop']), slo('Answers are fast')]
  expect(filterSlos(slos, { q: 'orders TEAM:shop' }).map((one) => one.name)).toEqual(['Orders go through'])
  expect(filterSlos(slos, { q: 'metric' }).length).toBe(2)
})

test('what is no time in the URL is left out', () => {
  expect(parseSloSearch({ from: 'soon', to: 'now', timeframe: '30d' })).toEqual({ timeframe: '30d' })
  expect(parseSloSearch({ from: '1h' })).toEqual({ from: '1h' })
})
