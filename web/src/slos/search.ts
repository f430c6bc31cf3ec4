/** What the URLs of the SLO pages hold. */

import type { SloHead } from '../api/types'
import { parseEnd, type RangeSearch } from '../format/ranges'

export interface SloListSearch {
  q?: string | undefined
}

/** from, to: of the history; without `from` it is the timeframe. */
export interface SloSearch extends RangeSearch {
  timeframe?: string | undefined
}

export const parseSloListSearch = (search: Record<string, unknown>): SloListSearch => (search['q'] ? { q: String(search['q']) } : {})

export function parseSloSearch(search: Record<string, unknown>): SloSearch {
  const found: SloSearch = {}
  const [from, to] = [parseEnd(search['from']), parseEnd(search['to'])]
  if (from) found.from = from
  if (to && to !== 'now') found.to = to
  if (search['timeframe']) found.timeframe = String(search['timeframe'])
  return found
}

/** SLOs whose name, description, type, state or tags hold every word. */
export function filterSlos(slos: readonly SloHead[], { q }: SloListSearch): SloHead[] {
  const words = (q ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  return slos.filter((one) => {
    const text = [one.name, one.description, one.type, one.state, ...one.tags].join('\n').toLowerCase()
    return words.every((word) => text.includes(word))
  })
}
