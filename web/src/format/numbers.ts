/** Numbers as people read them. Durations in nanoseconds, money in nano-dollars. */

const MINUS = '\u2212'

/** 950 ns, 12.3 µs, 4.56 ms, 1.23 s, 2m 05s, 1h 02m. */
export function formatDuration(ns: number | null | undefined): string {
  if (ns == null || !Number.isFinite(ns)) return '–'
  if (ns < 0) return MINUS + formatDuration(-ns)
  if (ns < 1_000) return `${Math.round(ns)} ns`
  // Rounding must not make 1000 ms of 999.99 ms, so the next unit begins where three digits round up.
  if (ns < 999_500) return `${threeDigits(ns / 1e3)} µs`
  if (ns < 999_500_000) return `${threeDigits(ns / 1e6)} ms`
  if (ns < 59.95e9) return `${threeDigits(ns / 1e9)} s`
  const seconds = Math.round(ns / 1e9)
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${pad(seconds % 60)}s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)}h ${pad(minutes % 60)}m`
}

export const formatSeconds = (s: number | null | undefined): string => formatDuration(s == null ? null : s * 1e9)

function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0)
  if (value >= 9.995) return trimZeros(value.toFixed(1))
  return trimZeros(value.toFixed(2))
}

const trimZeros = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)
const pad = (value: number): string => String(value).padStart(2, '0')

/** 950, 12.3k, 4.56M. */
export function formatCount(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return '–'
  if (value < 0) return MINUS + formatCount(-value)
  if (value < 10_000) return trimZeros(value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 }))
  for (const [size, unit] of [[1e3, 'k'], [1e6, 'M'], [1e9, 'G']] as const) {
    if (value < size * 999.5) return threeDigits(value / size) + unit
  }
  return `${threeDigits(value / 1e12)}T`
}

export const formatExact = (value: number): string => value.toLocaleString('en-US')

/** Dollars from nano-dollars: $1,234.50, $0.42, $0.0318, $0.0000123. Null is not zero: it is '–'; the caller says why. */
export function formatCost(nusd: number | null | undefined): string {
  if (nusd == null || !Number.isFinite(nusd)) return '–'
  if (nusd < 0) return MINUS + formatCost(-nusd)
  if (nusd === 0) return '$0'
  const dollars = nusd / 1e9
  if (dollars >= 1_000_000) return `$${threeDigits(dollars / 1e6)}M`
  if (dollars >= 10_000) return `$${threeDigits(dollars / 1e3)}k`
  if (dollars >= 0.1) return `$${dollars.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`
  // Three digits that say something, however small.
  const digits = Math.min(9, 2 - Math.floor(Math.log10(dollars)))
  return `$${trimZeros(dollars.toFixed(digits))}`
}

export type CostState = 'complete' | 'partial' | 'unknown' | 'none'

/** The cost of a trace: 'unknown' when no price is known, '≥ $x' when some are missing, '–' when nothing was to pay. */
export function formatTraceCost(nusd: number | null, state: CostState): string {
  if (state === 'none') return '–'
  if (state === 'unknown' || nusd == null) return 'unknown'
  return state === 'partial' ? `≥ ${formatCost(nusd)}` : formatCost(nusd)
}

export const formatPercent = (ratio: number): string =>
  ratio === 0 ? '0 %' : ratio < 0.001 ? '< 0.1 %' : `${threeDigits(ratio * 100)} %`

/** Relative change, null when there is nothing to compare with. */
export function changeOf(now: number | null, before: number | null | undefined): number | null {
  if (now == null || before == null || before === 0) return null
  return now / before - 1
}
