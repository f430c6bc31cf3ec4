/** The groups as a table that sorts by any column. */

import { Link } from '@tanstack/react-router'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { OverviewGroup } from '../api/types'
import { formatCost, formatCount, formatPercent, formatSeconds } from '../format/numbers'
import type { RangeSearch } from '../format/ranges'
import { Panel } from '../ui/parts'
import type { GroupBy } from './search'

interface Column {
  key: string
  label: string
  value: (group: OverviewGroup) => number | null
  show: (group: OverviewGroup) => string
}

const errorRatio = ({ totals }: OverviewGroup): number => (totals.requests ? totals.errors / totals.requests : 0)
const COLUMNS: Column[] = [
  { key: 'requests', label: 'Requests', value: (g) => g.totals.requests, show: (g) => formatCount(g.totals.requests) },
  { key: 'errors', label: 'Errors', value: errorRatio, show: (g) => formatPercent(errorRatio(g)) },
  { key: 'p50', label: 'p50', value: (g) => g.totals.p50_s, show: (g) => formatSeconds(g.totals.p50_s) },
  { key: 'p95', label: 'p95', value: (g) => g.totals.p95_s, show: (g) => formatSeconds(g.totals.p95_s) },
  { key: 'p99', label: 'p99', value: (g) => g.totals.p99_s, show: (g) => formatSeconds(g.totals.p99_s) },
  { key: 'ttft', label: 'First token p95', value: (g) => g.totals.ttft_p95_s, show: (g) => formatSeconds(g.totals.ttft_p95_s) },
  { key: 'in', label: 'Tokens in', value: (g) => g.totals.input_tokens, show: (g) => formatCount(g.totals.input_tokens) },
  { key: 'out', label: 'Tokens out', value: (g) => g.totals.output_tokens, show: (g) => formatCount(g.totals.output_tokens) },
  { key: 'cost', label: 'Cost', value: (g) => g.totals.cost_nusd, show: showCost },
]

function showCost({ totals }: OverviewGroup): string {
  if (totals.unpriced >= totals.requests && totals.requests > 0) return 'unknown'
  return `${totals.unpriced ? '≥ ' : ''}${formatCost(totals.cost_nusd)}`
}

export function GroupTable({ groups, by, range, colours }: { groups: OverviewGroup[]; by: GroupBy; range: RangeSearch; colours: Map<string, string> }) {
  const [sort, setSort] = useState({ key: 'requests', down: true })
  const sorted = useMemo(() => {
    const column = COLUMNS.find((one) => one.key === sort.key)!
    const direction = sort.down ? -1 : 1
    return [...groups].sort((a, b) => direction * ((column.value(a) ?? -1) - (column.value(b) ?? -1)) || a.key.localeCompare(b.key))
  }, [groups, sort])
  return (
    <Panel className="overflow-x-auto">
      <table className="w-full text-[13px]">
        <caption className="sr-only">Model calls by {by}</caption>
        <thead>
          <tr className="border-b border-line text-xs text-soft">
            <th scope="col" className="px-3.5 py-2 text-left font-medium capitalize">
              {by}
            </th>
            {COLUMNS.map(({ key, label }) => {
              const on = sort.key === key
              return (
                <th key={key} scope="col" aria-sort={on ? (sort.down ? 'descending' : 'ascending') : 'none'} className="px-2 py-1 text-right font-medium whitespace-nowrap">
                  <button type="button" className={`inline-flex items-center gap-1 rounded px-1.5 py-1 hover:text-ink ${on ? 'text-ink' : ''}`} onClick={() => setSort({ key, down: on ? !sort.down : true })}>
                    {on && (sort.down ? <ArrowDown size={12} /> : <ArrowUp size={12} />)}
                    {label}
                  </button>
                </th>
              )
            })}
          </tr>
        </thead>
        <tbody>
          {sorted.map((group) => (
            <tr key={group.key} className="border-b border-line last:border-0 hover:bg-raised/60">
              <th scope="row" className="max-w-72 px-3.5 py-2 text-left font-medium">
                <span className="flex items-center gap-2">
                  <span className="size-2 shrink-0 rounded-full" style={{ background: colours.get(group.key) }} />
                  {group.key ? (
                    <Link to="/traces" search={{ ...range, [by]: group.key }} className="truncate hover:text-accent hover:underline" title={`Traces of ${group.key}`}>
                      {group.key}
                    </Link>
                  ) : (
                    <span className="text-faint">not given</span>
                  )}
                </span>
              </th>
              {COLUMNS.map((column) => (
                <td key={column.key} className={`num px-3.5 py-2 text-right whitespace-nowrap ${column.key === 'errors' && group.totals.errors ? 'text-bad' : ''} ${column.show(group) === 'unknown' ? 'text-warn' : ''}`}>
                  {column.show(group)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}
