/** The filters of the list as the URL holds them. */

import { DEFAULT_FROM, parseRange, type RangeSearch } from '../format/ranges'

/** Filters that are one word in the URL and in the API alike. */
export const WORD_FILTERS = ['service', 'env', 'model', 'provider', 'kind', 'ml_app', 'session', 'user', 'source'] as const
export type WordFilter = (typeof WORD_FILTERS)[number]

export const SORTS = { time: 'Newest', duration: 'Slowest', cost: 'Most expensive', tokens: 'Most tokens' } as const
export type Sort = keyof typeof SORTS

export type TraceSearch = RangeSearch & { [name in WordFilter]?: string } & {
  q?: string
  status?: 'ok' | 'error'
  sort?: Sort
  /** Milliseconds. */
  min_ms?: number
  max_ms?: number
}

const text = (value: unknown): string => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '').trim()

function amount(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : undefined
}

/** Whatever the URL holds, as filters; what is wrong is left out. */
export function parseTraceSearch(search: Record<string, unknown>): TraceSearch {
  const found: TraceSearch = parseRange(search)
  for (const name of WORD_FILTERS) if (text(search[name])) found[name] = text(search[name])
  if (text(search['q'])) found.q = text(search['q'])
  const { status, sort } = search
  if (status === 'ok' || status === 'error') found.status = status
  if (typeof sort === 'string' && sort !== 'time' && Object.hasOwn(SORTS, sort)) found.sort = sort as Sort
  const [min, max] = [amount(search['min_ms']), amount(search['max_ms'])]
  if (min !== undefined) found.min_ms = min
  if (max !== undefined) found.max_ms = max
  return found
}

const PAGE = 50

/** The query of the API. */
export function traceQuery(search: TraceSearch, cursor: string): Record<string, string | number | undefined> {
  const words = Object.fromEntries(WORD_FILTERS.map((name) => [name, search[name]]))
  const ns = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : Math.round(ms * 1e6))
  return {
    ...words,
    from: search.from ?? DEFAULT_FROM,
    to: search.to ?? 'now',
    q: search.q,
    status: search.status,
    sort: search.sort,
    min_duration_ns: ns(search.min_ms),
    max_duration_ns: ns(search.max_ms),
    limit: PAGE,
    cursor,
  }
}

/** How many filters are set, the range and the sort aside. */
export const countFilters = (search: TraceSearch): number =>
  Object.keys(search).filter((name) => !['from', 'to', 'sort', 'q'].includes(name)).length
