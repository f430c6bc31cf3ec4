/** A state in its colour. */

import type { MonitorState } from '../api/types'

const TONES: Record<MonitorState, string> = {
  Alert: 'bg-bad-soft text-bad',
  Warn: 'bg-raised text-warn',
  'No Data': 'bg-accent-soft text-accent',
  Unknown: 'bg-raised text-warn',
  OK: 'bg-raised text-good',
  Skipped: 'bg-raised text-faint',
}

const WORDS: Record<MonitorState, string> = {
  Alert: 'ALERT',
  Warn: 'WARN',
  'No Data': 'NO DATA',
  Unknown: 'UNKNOWN',
  OK: 'OK',
  Skipped: 'waiting',
}

export function StateBadge({ state, title }: { state: MonitorState; title?: string }) {
  return (
    <span title={title} className={`inline-flex w-[74px] shrink-0 justify-center rounded px-1.5 py-px text-[11px] font-semibold tracking-wide ${TONES[state]}`}>
      {WORDS[state]}
    </span>
  )
}
