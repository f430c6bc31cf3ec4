/** The rows of the list, virtualised. */

import { Link } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { CircleAlert, CircleCheck } from 'lucide-react'
import { memo, type ReactNode, useEffect, useRef } from 'react'
import type { TraceRow } from '../api/types'
import { formatCount, formatDuration, formatTraceCost } from '../format/numbers'
import { formatMoment, formatMomentFully } from '../format/times'
import { titleOf } from '../format/titles'
import { Badge } from '../ui/parts'

const ROW_PX = 58
const GRID = 'grid grid-cols-[7.5rem_minmax(10rem,1fr)_minmax(0,2.2fr)_minmax(7rem,0.9fr)_5.5rem_5.5rem_6.5rem_7rem] items-center gap-x-3 px-4 max-lg:grid-cols-[5.9rem_minmax(0,1fr)_4.4rem_5.2rem] max-lg:gap-x-2'
const WIDE = 'max-lg:hidden'

interface Props {
  rows: TraceRow[]
  chosen: number
  onChoose: (traceId: string) => void
  onEnd: () => void
  loading: boolean
  stale: boolean
  children: ReactNode
}

export function TraceList({ rows, chosen, onChoose, onEnd, loading, stale, children }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const list = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => ROW_PX, overscan: 12, getItemKey: (at) => rows[at]!.trace_id })
  const items = list.getVirtualItems()
  const last = items.at(-1)?.index ?? -1
  useEffect(() => {
    if (rows.length > 0 && last >= rows.length - 5) onEnd()
  }, [last, rows.length, onEnd])
  useEffect(() => {
    if (chosen >= 0) list.scrollToIndex(chosen)
  }, [chosen, list])
  return (
    <div className="flex min-h-0 flex-1 flex-col border-t border-line bg-panel">
      <div className={`${GRID} h-9 shrink-0 border-b border-line text-xs font-medium text-soft`} aria-hidden>
        <span>Time</span>
        <span>Trace</span>
        <span className={WIDE}>Prompt and answer</span>
        <span className={WIDE}>Models</span>
        <span className="text-right">Duration</span>
        <span className={`text-right ${WIDE}`}>First token</span>
        <span className={`text-right ${WIDE}`}>Tokens in / out</span>
        <span className="text-right">Cost</span>
      </div>
      <div ref={box} className={`min-h-0 flex-1 overflow-y-auto ${stale ? 'opacity-60' : ''}`} aria-busy={loading || stale}>
        {!loading && rows.length === 0 && <Nothing />}
        {loading && <Loading />}
        <ol aria-label="Traces" style={{ height: list.getTotalSize(), position: 'relative' }}>
          {items.map((item) => (
            <li key={item.key} className="absolute inset-x-0 top-0" style={{ height: ROW_PX, transform: `translateY(${item.start}px)` }}>
              <Row row={rows[item.index]!} chosen={item.index === chosen} onChoose={onChoose} />
            </li>
          ))}
        </ol>
        <div className="flex h-12 items-center justify-center text-xs text-faint">{children}</div>
      </div>
    </div>
  )
}

interface RowProps {
  row: TraceRow
  chosen: boolean
  onChoose: (traceId: string) => void
}

const Row = memo(function Row({ row, chosen, onChoose }: RowProps) {
    const failed = row.status === 'error'
    return (
      <Link
        to="/traces/$traceId"
        params={{ traceId: row.trace_id }}
        onFocus={() => onChoose(row.trace_id)}
        className={`${GRID} h-full border-b border-line text-[13px] -outline-offset-2 hover:bg-raised/70 ${chosen ? 'bg-accent-soft' : ''}`}
      >
        <span className="num flex items-center gap-2 text-soft" title={formatMomentFully(row.start_time)}>
          {failed ? <CircleAlert size={15} className="shrink-0 text-bad" aria-label="Failed" /> : <CircleCheck size={15} className="shrink-0 text-good" aria-label="OK" />}
          {formatMoment(row.start_time)}
        </span>
        <span className="min-w-0">
          <span className="block truncate font-medium">{titleOf(row.name, row.resource)}</span>
          <span className={`block truncate text-xs lg:hidden ${failed ? 'text-bad' : 'text-faint'}`}>{failed ? row.error || 'failed' : row.input || row.service}</span>
          <span className={`flex items-center gap-1.5 truncate text-xs text-faint ${WIDE}`}>
            {row.service}
            {row.env && ` · ${row.env}`} · {row.spans === 1 ? '1 span' : `${formatCount(row.spans)} spans`}
            {!row.root_arrived && <Badge title="The root span has not arrived">partial</Badge>}
          </span>
        </span>
        <span className={`min-w-0 ${WIDE}`}>
          <span className="block truncate">{row.input || <span className="text-faint">no prompt</span>}</span>
          <span className={`block truncate text-xs ${failed ? 'text-bad' : 'text-faint'}`}>{failed ? row.error || 'failed' : row.output}</span>
        </span>
        <span className={`flex min-w-0 flex-wrap gap-1 overflow-hidden ${WIDE}`} style={{ maxHeight: 44 }}>
          {row.models.slice(0, 2).map((model) => (
            <Badge key={model} title={model}>
              {model}
            </Badge>
          ))}
          {row.models.length > 2 && <Badge title={row.models.join(', ')}>+{row.models.length - 2}</Badge>}
        </span>
        <span className="num text-right">{formatDuration(row.duration_ns)}</span>
        <span className={`num text-right text-soft ${WIDE}`}>{formatDuration(row.ttft_ns)}</span>
        <span className={`num text-right text-soft ${WIDE}`}>{row.generations ? `${formatCount(row.input_tokens)} / ${formatCount(row.output_tokens)}` : '–'}</span>
        <Cost row={row} />
      </Link>
    )
})

function Cost({ row }: { row: TraceRow }) {
  const text = formatTraceCost(row.cost_nusd, row.cost_state)
  const why = { unknown: 'No price is known for these models', partial: 'Some generations have no known price', none: 'No generation', complete: '' }[row.cost_state]
  return (
    <span className={`num text-right whitespace-nowrap ${row.cost_state === 'unknown' || row.cost_state === 'partial' ? 'text-warn' : ''}`} title={why}>
      {text}
    </span>
  )
}

function Nothing() {
  return (
    <div className="p-14 text-center">
      <p className="font-medium">No traces match</p>
      <p className="mt-1 text-[13px] text-soft">Take a longer time range, or remove a filter.</p>
    </div>
  )
}

function Loading() {
  return (
    <div aria-label="Loading">
      {Array.from({ length: 12 }, (_, at) => (
        <div key={at} className="flex items-center border-b border-line px-4" style={{ height: ROW_PX }}>
          <span className="h-3 w-full max-w-3xl animate-pulse rounded bg-raised" />
        </div>
      ))}
    </div>
  )
}
