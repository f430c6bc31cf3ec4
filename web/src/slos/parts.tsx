/** How an SLO's figures are shown. */

import type { SloState, SloTarget } from '../api/types'

const TONES: Record<SloState, string> = {
  breached: 'bg-bad-soft text-bad',
  warning: 'bg-raised text-warn',
  error: 'bg-raised text-warn',
  no_data: 'bg-accent-soft text-accent',
  ok: 'bg-raised text-good',
  '': 'bg-raised text-faint',
}
const WORDS: Record<SloState, string> = { breached: 'MISSED', warning: 'WARN', error: 'ERROR', no_data: 'NO DATA', ok: 'OK', '': 'not read' }

export function SloBadge({ state, title }: { state: SloState; title?: string }) {
  return (
    <span title={title} className={`inline-flex w-[74px] shrink-0 justify-center rounded px-1.5 py-px text-[11px] font-semibold tracking-wide ${TONES[state]}`}>
      {WORDS[state]}
    </span>
  )
}

/** 99.9 %, 97.89 %, 99.9987 %: digits enough to be told from the target. */
export function formatSli(percent: number | null): string {
  if (percent === null) return '–'
  if (percent === 100) return '100 %'
  const digits = percent > 99.99 ? 4 : percent > 99 ? 3 : 2
  // Cut, not rounded: 99.9999 is not all.
  return `${Number((Math.floor(percent * 10 ** digits) / 10 ** digits).toFixed(digits))} %`
}

/** What is left of an error budget, with its sign. */
export function formatBudget(percent: number | null): string {
  if (percent === null) return '–'
  const size = Math.abs(percent)
  const text = size >= 1000 ? Math.round(size).toLocaleString('en-US') : size >= 10 ? size.toFixed(0) : String(Number(size.toFixed(1)))
  return `${percent < 0 && Number(text) !== 0 ? '\u2212' : ''}${text} %`
}

export const toneOf = (percent: number): 'good' | 'warn' | 'bad' => (percent < 0 ? 'bad' : percent < 25 ? 'warn' : 'good')
const FILL = { good: 'bg-good', warn: 'bg-warn', bad: 'bg-bad' }
const TEXT = { good: 'text-good', warn: 'text-warn', bad: 'text-bad' }

/** The error budget that is left as a bar; one that is overspent fills it in red, from the right, as far as it went. */
export function BudgetBar({ target }: { target: Pick<SloTarget, 'remaining_percent' | 'timeframe'> }) {
  const left = target.remaining_percent
  if (left === null) return <span className="text-faint">–</span>
  const tone = toneOf(left)
  return (
    <span className="flex items-center gap-2">
      <span
        role="meter"
        aria-label={`Error budget left, ${target.timeframe}`}
        aria-valuemin={-100}
        aria-valuemax={100}
        aria-valuenow={Math.max(-100, Math.min(100, left))}
        aria-valuetext={formatBudget(left)}
        className={`flex h-1.5 w-24 shrink-0 max-sm:w-8 overflow-hidden rounded-full ${left < 0 ? 'justify-end bg-bad-soft' : 'bg-raised'}`}
      >
        <span className={`h-full rounded-full ${FILL[tone]}`} style={{ width: `${Math.min(100, Math.abs(left))}%` }} />
      </span>
      <span className={`num font-medium whitespace-nowrap ${TEXT[tone]}`}>{formatBudget(left)}</span>
    </span>
  )
}
