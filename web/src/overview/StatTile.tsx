/** One figure of the period, with its change since the period before. */

import type { ReactNode } from 'react'
import { Panel } from '../ui/parts'

interface Props {
  label: string
  value: string
  detail: ReactNode
  /** Relative change, null when there is nothing to compare with. */
  change: number | null
  /** Whether more is worse; undefined when it is neither. */
  moreIsWorse?: boolean
}

export function StatTile({ label, value, detail, change, moreIsWorse }: Props) {
  return (
    <Panel className="min-w-0 px-3.5 py-3">
      <h2 className="text-xs text-soft">{label}</h2>
      <p className="mt-0.5 flex items-baseline gap-2">
        <span className="num truncate text-[22px] leading-7 font-semibold tracking-tight">{value}</span>
        <Change change={change} moreIsWorse={moreIsWorse} />
      </p>
      <p className="num h-4 truncate text-xs text-faint">{detail}</p>
    </Panel>
  )
}

function Change({ change, moreIsWorse }: { change: number | null; moreIsWorse: boolean | undefined }) {
  if (change === null) return null
  const percent = Math.round(change * 100)
  const tone = moreIsWorse === undefined || Math.abs(percent) < 2 ? 'text-faint' : percent > 0 === moreIsWorse ? 'text-bad' : 'text-good'
  const text = percent > 999 ? '> 999 %' : `${percent > 0 ? '+' : percent < 0 ? '\u2212' : '±'}${Math.abs(percent)} %`
  return (
    <span className={`num text-xs font-medium ${tone}`} title="Against the period of the same length before">
      {text}
    </span>
  )
}
