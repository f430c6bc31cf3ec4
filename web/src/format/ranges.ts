/** The time range in the URL: `from` and `to`, relative (15m, now) or ISO 8601. */

export interface RangeSearch {
  from?: string | undefined
  to?: string | undefined
}

export const LIVE_RANGES = [
  ['5m', 'Last 5 minutes'],
  ['15m', 'Last 15 minutes'],
  ['1h', 'Last hour'],
  ['4h', 'Last 4 hours'],
  ['1d', 'Last day'],
  ['7d', 'Last 7 days'],
  ['30d', 'Last 30 days'],
] as const

export const DEFAULT_FROM = '1h'
const AGO = /^(\d{1,6})([smhdw])$/

/** Whether a range moves with the clock. */
/** fallback: what a page shows when the URL names no beginning. */
export const isLive = (range: RangeSearch, fallback: string = DEFAULT_FROM): boolean => (range.to ?? 'now') === 'now' && AGO.test(range.from ?? fallback)

/** Text for one end from whatever the URL holds; undefined when it is not a time. */
export function parseEnd(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || !text) return undefined
  if (text === 'now' || AGO.test(text) || /^\d{9,16}$/.test(text)) return text
  return Number.isNaN(new Date(text).getTime()) ? undefined : text
}

export function parseRange(search: Record<string, unknown>, fallback: string = DEFAULT_FROM): RangeSearch {
  const range: RangeSearch = {}
  const from = parseEnd(search['from'])
  const to = parseEnd(search['to'])
  if (from && from !== fallback) range.from = from
  if (to && to !== 'now') range.to = to
  return range
}

/** What the picker's button says. */
export function describeRange(range: RangeSearch, fallback: string = DEFAULT_FROM): string {
  const from = range.from ?? fallback
  if (isLive(range, fallback)) return LIVE_RANGES.find(([key]) => key === from)?.[1] ?? `Last ${from}`
  return `${describeEnd(from)} – ${describeEnd(range.to ?? 'now')}`
}

function describeEnd(end: string): string {
  if (end === 'now') return 'now'
  if (AGO.test(end)) return `${end} ago`
  const moment = new Date(/^\d+$/.test(end) ? Number(end) * (end.length > 11 ? 1 : 1000) : end)
  return moment.toLocaleString('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })
}
