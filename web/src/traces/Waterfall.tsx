/** The spans of a trace as a tree against time; only the rows in view exist. */

import { useVirtualizer } from '@tanstack/react-virtual'
import { ChevronDown, ChevronRight, ChevronsDownUp, ChevronsUpDown, CircleAlert, Search } from 'lucide-react'
import { type KeyboardEvent, memo, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { SpanColumns, TraceDetail } from '../api/types'
import { formatCost, formatCount, formatDuration, formatExact } from '../format/numbers'
import { titleOf } from '../format/titles'
import { kindColour } from '../ui/colours'
import { IconButton } from '../ui/parts'
import { type Theme, useTheme } from '../ui/theme'
import { axisTicks, buildTree, hasChildren, type Tree, visibleRows } from './tree'

const ROW_PX = 30
const MODEL_KINDS = new Set(['llm', 'embedding', 'agent', 'workflow', 'tool', 'task', 'retrieval'])
const COLUMNS = 'grid grid-cols-[minmax(11rem,42%)_minmax(0,1fr)]'

interface Props {
  trace: TraceDetail
  chosen: number
  onChoose: (spanId: string) => void
}

export function Waterfall({ trace, chosen, onChoose }: Props) {
  const { columns } = trace
  const [modelOnly, setModelOnly] = useState(false)
  const [collapsed, setCollapsed] = useState<ReadonlySet<number>>(new Set())
  const [find, setFind] = useState('')
  const theme = useTheme()
  const tree = useMemo(() => buildTree(columns, (at) => !modelOnly || MODEL_KINDS.has(columns.kind[at]!)), [columns, modelOnly])
  const rows = useMemo(() => visibleRows(tree, collapsed), [tree, collapsed])
  const lengthNs = useMemo(() => extent(columns), [columns])
  const matches = useMemo(() => matching(columns, tree, find), [columns, tree, find])
  const box = useRef<HTMLDivElement>(null)
  const list = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => ROW_PX, overscan: 16 })
  const chosenRow = useMemo(() => rows.findIndex((position) => tree.order[position] === chosen), [rows, tree, chosen])
  useEffect(() => {
    if (chosenRow >= 0) list.scrollToIndex(chosenRow)
    // Only when another span is chosen, not when the rows change under a reader's hand.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [chosen])
  const toggle = useCallback((index: number) => setCollapsed((now) => (now.has(index) ? new Set([...now].filter((one) => one !== index)) : new Set([...now, index]))), [])
  const chooseRow = useCallback((row: number) => rows[row] !== undefined && onChoose(columns.span_id[tree.order[rows[row]]!]!), [rows, tree, columns, onChoose])

  const goToMatch = (step: number) => {
    if (!matches.length) return
    const now = matches.indexOf(chosen)
    const next = matches[(now + step + matches.length) % matches.length]!
    setCollapsed(new Set())
    onChoose(columns.span_id[next]!)
  }
  const press = (event: KeyboardEvent) => {
    const position = rows[chosenRow]
    const moves: Record<string, () => void> = {
      ArrowDown: () => chooseRow(chosenRow + 1),
      j: () => chooseRow(chosenRow + 1),
      ArrowUp: () => chooseRow(chosenRow - 1),
      k: () => chooseRow(chosenRow - 1),
      Home: () => chooseRow(0),
      End: () => chooseRow(rows.length - 1),
      ArrowLeft: () => position !== undefined && hasChildren(tree, position) && !collapsed.has(chosen) && toggle(chosen),
      ArrowRight: () => collapsed.has(chosen) && toggle(chosen),
    }
    const move = moves[event.key]
    if (!move) return
    event.preventDefault()
    move()
  }
  const collapseAll = () => setCollapsed(collapsed.size ? new Set() : new Set(Array.from(tree.order).filter((_, position) => tree.depth[position]! > 0 && hasChildren(tree, position))))
  return (
    <section aria-label="Spans" className="flex min-h-0 min-w-0 flex-col bg-panel">
      <div className="flex h-10 shrink-0 items-center gap-2 border-b border-line px-3">
        <FindBox find={find} count={matches.length} onFind={setFind} onStep={goToMatch} />
        <label className="ml-auto flex items-center gap-1.5 text-xs whitespace-nowrap text-soft">
          <input type="checkbox" className="accent-(--accent)" checked={modelOnly} onChange={(event) => setModelOnly(event.target.checked)} />
          AI spans only
        </label>
        <IconButton label={collapsed.size ? 'Expand all' : 'Collapse all'} onClick={collapseAll}>
          {collapsed.size ? <ChevronsUpDown size={15} /> : <ChevronsDownUp size={15} />}
        </IconButton>
      </div>
      <Axis lengthNs={lengthNs} />
      <div ref={box} tabIndex={0} role="tree" aria-label={`${formatExact(tree.order.length)} spans`} className="min-h-0 flex-1 overflow-y-auto -outline-offset-2" onKeyDown={press} aria-activedescendant={chosenRow >= 0 ? `span-${chosen}` : undefined}>
        <div style={{ height: list.getTotalSize(), position: 'relative' }}>
          {list.getVirtualItems().map((item) => {
            const position = rows[item.index]!
            const index = tree.order[position]!
            return (
              <Row key={index} columns={columns} index={index} depth={tree.depth[position]!} hidden={collapsed.has(index) ? tree.end[position]! - position - 1 : 0} parent={hasChildren(tree, position)} top={item.start} lengthNs={lengthNs} chosen={index === chosen} found={find !== '' && matches.includes(index)} theme={theme} onChoose={onChoose} onToggle={toggle} />
            )
          })}
        </div>
      </div>
    </section>
  )
}

function FindBox({ find, count, onFind, onStep }: { find: string; count: number; onFind: (text: string) => void; onStep: (step: number) => void }) {
  return (
    <label className="relative flex min-w-0 items-center gap-2">
      <Search size={14} className="pointer-events-none absolute left-2 text-faint" />
      <input
        type="search"
        aria-label="Find a span; Enter goes to the next"
        placeholder="Find a span, or error"
        className="h-7 w-52 min-w-0 rounded-md border border-line bg-canvas pr-2 pl-7 text-[13px]"
        value={find}
        onChange={(event) => onFind(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onStep(event.shiftKey ? -1 : 1)
        }}
      />
      {find && <span className="num text-xs whitespace-nowrap text-faint">{count} found</span>}
    </label>
  )
}

function extent(columns: SpanColumns): number {
  let end = 1
  for (let at = 0; at < columns.span_id.length; at += 1) end = Math.max(end, columns.start_offset_ns[at]! + columns.duration_ns[at]!)
  return end
}

/** Indexes of the spans that a search finds, in the order shown; `error` finds those that failed. */
function matching(columns: SpanColumns, tree: Tree, find: string): number[] {
  const word = find.trim().toLowerCase()
  if (!word) return []
  const has = (text: string | undefined) => text?.toLowerCase().includes(word) ?? false
  return Array.from(tree.order).filter((at) => (word === 'error' ? columns.status[at] === 'error' : has(columns.name[at]) || has(columns.resource[at]) || has(columns.service[at]) || has(columns.model[at]) || columns.span_id[at] === word))
}

function Axis({ lengthNs }: { lengthNs: number }) {
  return (
    <div className={`${COLUMNS} h-7 shrink-0 border-b border-line text-[11px] text-faint`} aria-hidden>
      <span className="self-center px-3">Span</span>
      <span className="relative mr-3 overflow-hidden">
        {axisTicks(lengthNs, 5).map((tick) => (
          <span key={tick} className="num absolute inset-y-0 flex items-center border-l border-line pl-1 whitespace-nowrap" style={{ left: `${(tick / lengthNs) * 100}%` }}>
            {tick === 0 ? '0' : formatDuration(tick)}
          </span>
        ))}
      </span>
    </div>
  )
}

interface RowProps {
  columns: SpanColumns
  index: number
  depth: number
  /** How many descendants are folded away. */
  hidden: number
  parent: boolean
  top: number
  lengthNs: number
  chosen: boolean
  found: boolean
  theme: Theme
  onChoose: (spanId: string) => void
  onToggle: (index: number) => void
}

const MAX_INDENT = 14

const Row = memo(function Row({ columns, index, depth, hidden, parent, top, lengthNs, chosen, found, theme, onChoose, onToggle }: RowProps) {
  const failed = columns.status[index] === 'error'
  const kind = columns.kind[index]!
  const colour = kindColour(kind, theme)
  return (
    <div
      id={`span-${index}`}
      role="treeitem"
      aria-level={depth + 1}
      aria-selected={chosen}
      {...(parent ? { 'aria-expanded': hidden === 0 } : {})}
      className={`${COLUMNS} absolute inset-x-0 top-0 cursor-pointer text-[13px] ${chosen ? 'bg-accent-soft' : found ? 'bg-warn/15' : 'hover:bg-raised/70'}`}
      style={{ height: ROW_PX, transform: `translateY(${top}px)` }}
      onClick={() => onChoose(columns.span_id[index]!)}
    >
      <span className="flex min-w-0 items-center gap-1 pr-2" style={{ paddingLeft: 6 + Math.min(depth, MAX_INDENT) * 14 }}>
        {parent ? (
          <button
            type="button"
            tabIndex={-1}
            aria-label={hidden ? 'Expand' : 'Collapse'}
            className="rounded p-0.5 text-faint hover:text-ink"
            onClick={(event) => {
              event.stopPropagation()
              onToggle(index)
            }}
          >
            {hidden ? <ChevronRight size={14} /> : <ChevronDown size={14} />}
          </button>
        ) : (
          <span className="w-[18px] shrink-0" />
        )}
        <span className="size-2 shrink-0 rounded-[3px]" style={{ background: colour }} title={kind} />
        {failed && <CircleAlert size={13} className="shrink-0 text-bad" aria-label="Failed" />}
        <span className={`truncate ${failed ? 'text-bad' : ''}`}>{titleOf(columns.name[index]!, columns.resource[index]!)}</span>
        <span className="truncate text-xs text-faint">{columns.model[index] || (columns.service[index] ?? '')}</span>
        {hidden > 0 && <span className="num shrink-0 rounded bg-raised px-1 text-[11px] text-soft">+{formatCount(hidden)}</span>}
      </span>
      <Bar columns={columns} index={index} lengthNs={lengthNs} colour={failed ? 'var(--bad)' : colour} />
    </div>
  )
})

function Bar({ columns, index, lengthNs, colour }: { columns: SpanColumns; index: number; lengthNs: number; colour: string }) {
  const start = (columns.start_offset_ns[index]! / lengthNs) * 100
  const width = (columns.duration_ns[index]! / lengthNs) * 100
  const ttft = columns.ttft_ns[index]
  const cost = columns.cost_nusd[index]
  const tokens = columns.input_tokens[index]
  const outside = start + width < 68
  const words = [formatDuration(columns.duration_ns[index]), tokens != null && `${formatCount(tokens + (columns.output_tokens[index] ?? 0))} tok`, cost != null ? formatCost(cost) : tokens != null && 'cost unknown'].filter(Boolean).join(' · ')
  return (
    <span className="relative mr-3 min-w-0">
      <span className="absolute top-[9px] h-3 min-w-[3px] overflow-hidden rounded-[3px]" style={{ left: `${start}%`, width: `${width}%`, background: colour, opacity: 0.9 }}>
        {ttft != null && columns.duration_ns[index]! > 0 && (
          <span className="absolute inset-y-0 left-0 bg-black/25" style={{ width: `${Math.min(100, (ttft / columns.duration_ns[index]!) * 100)}%` }} title={`First token after ${formatDuration(ttft)}`} />
        )}
      </span>
      <span className={`num absolute top-[6px] text-[11px] whitespace-nowrap text-soft ${outside ? '' : 'rounded bg-panel/85 px-1'}`} style={outside ? { left: `calc(${start + width}% + 8px)` } : { right: `${Math.max(0, 100 - start - width)}%`, marginRight: 4 }}>
        {words}
      </span>
    </span>
  )
}
