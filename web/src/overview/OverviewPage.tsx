/** Requests, errors, latency, tokens and cost over time; live. */

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback, useMemo, useState } from 'react'
import { getOverview } from '../api/client'
import type { Overview, OverviewField, OverviewGroup } from '../api/types'
import { changeOf, formatCost, formatCount, formatPercent, formatSeconds } from '../format/numbers'
import { DEFAULT_FROM, isLive, type RangeSearch } from '../format/ranges'
import { seriesColours } from '../ui/colours'
import { LiveMark } from '../ui/LiveMark'
import { ErrorNote, Panel, Segments } from '../ui/parts'
import { RangePicker } from '../ui/RangePicker'
import { useTheme } from '../ui/theme'
import { FirstTrace } from './FirstTrace'
import { GroupTable } from './GroupTable'
import { GROUPS, type GroupBy } from './search'
import type { Layer } from './stack'
import { StatTile } from './StatTile'
import { TimeChart } from './TimeChart'

const REFRESH_MS = 2_000
const CHARTED_GROUPS = 8
const route = getRouteApi('/')

export function OverviewPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const by: GroupBy = search.by ?? 'model'
  const live = isLive(search)
  const query = useQuery({
    queryKey: ['overview', search.from, search.to, by],
    queryFn: ({ signal }) => getOverview({ from: search.from ?? DEFAULT_FROM, to: search.to ?? 'now', group_by: by }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: live ? REFRESH_MS : false,
  })
  const setRange = useCallback((range: RangeSearch) => void navigate({ search: (now) => ({ ...now, from: range.from, to: range.to }) }), [navigate])
  const zoom = useCallback((fromS: number, toS: number) => setRange({ from: new Date(fromS * 1000).toISOString(), to: new Date(toS * 1000).toISOString() }), [setRange])
  return (
    <div className="mx-auto max-w-[1500px] p-4">
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <h1 className="mr-auto flex items-center gap-3 text-base font-semibold">
          Overview <LiveMark live={live} failing={query.isError} />
        </h1>
        <Segments label="Group by" value={by} options={GROUPS} onChange={(next) => void navigate({ search: (now) => ({ ...now, by: next === 'model' ? undefined : next }) })} />
        <RangePicker range={search} onChange={setRange} />
      </div>
      {query.isError && <ErrorNote error={query.error} retry={() => void query.refetch()} />}
      {query.data ? <Content overview={query.data} by={by} range={search} onZoom={zoom} /> : !query.isError && <Skeleton />}
    </div>
  )
}

function Content({ overview, by, range, onZoom }: { overview: Overview; by: GroupBy; range: RangeSearch; onZoom: (from: number, to: number) => void }) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set())
  const toggle = useCallback((key: string) => setHidden((now) => (now.has(key) ? new Set([...now].filter((one) => one !== key)) : new Set([...now, key]))), [])
  const theme = useTheme()
  const keys = overview.groups.slice(0, CHARTED_GROUPS).map((group) => group.key)
  const signature = JSON.stringify(keys)
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const colours = useMemo(() => seriesColours(keys, theme), [signature, theme])
  if (!overview.totals.requests) return <FirstTrace quiet={overview.previous !== null || (range.from ?? DEFAULT_FROM) !== DEFAULT_FROM} />
  return (
    <>
      <Tiles overview={overview} />
      <Charts overview={overview} colours={colours} hidden={hidden} onToggle={toggle} onZoom={onZoom} />
      <GroupTable groups={overview.groups} by={by} range={range} colours={colours} />
    </>
  )
}

function Tiles({ overview: { totals, previous, times_s, step_s } }: { overview: Overview }) {
  const minutes = (times_s.length * step_s) / 60
  const ratio = totals.errors / totals.requests
  const before = previous?.requests ? previous.errors / previous.requests : null
  const tokens = totals.input_tokens + totals.output_tokens
  return (
    <div className="mb-3 grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-6">
      <StatTile label="Requests" value={formatCount(totals.requests)} detail={`${formatCount(totals.requests / minutes)} per minute`} change={changeOf(totals.requests, previous?.requests)} />
      <StatTile label="Error rate" value={formatPercent(ratio)} detail={`${formatCount(totals.errors)} failed`} change={changeOf(ratio, before)} moreIsWorse />
      <StatTile label="Latency p95" value={formatSeconds(totals.p95_s)} detail={`p50 ${formatSeconds(totals.p50_s)} · p99 ${formatSeconds(totals.p99_s)}`} change={changeOf(totals.p95_s, previous?.p95_s)} moreIsWorse />
      <StatTile label="First token p95" value={formatSeconds(totals.ttft_p95_s)} detail={`p50 ${formatSeconds(totals.ttft_p50_s)}`} change={changeOf(totals.ttft_p95_s, previous?.ttft_p95_s)} moreIsWorse />
      <StatTile label="Tokens" value={formatCount(tokens)} detail={`${formatCount(totals.input_tokens)} in · ${formatCount(totals.output_tokens)} out`} change={changeOf(tokens, previous && previous.input_tokens + previous.output_tokens)} />
      <StatTile
        label="Cost"
        value={totals.unpriced >= totals.requests ? 'unknown' : formatCost(totals.cost_nusd)}
        detail={totals.unpriced ? <span className="text-warn">without {formatCount(totals.unpriced)} of unknown price</span> : `${formatCost(totals.cost_nusd / totals.requests)} per request`}
        change={changeOf(totals.cost_nusd, previous?.cost_nusd)}
        moreIsWorse
      />
    </div>
  )
}

interface ChartsProps {
  overview: Overview
  colours: Map<string, string>
  hidden: ReadonlySet<string>
  onToggle: (key: string) => void
  onZoom: (fromS: number, toS: number) => void
}

const scaled = (values: (number | null)[], factor: number) => values.map((value) => (value === null ? null : value * factor))

function groupLayers(groups: OverviewGroup[], field: OverviewField, colours: Map<string, string>): Layer[] {
  return groups.slice(0, CHARTED_GROUPS).map((group) => ({ key: group.key, label: group.key || 'not given', colour: colours.get(group.key) ?? '#888', values: group.series[field] }))
}

function Charts({ overview, colours, hidden, onToggle, onZoom }: ChartsProps) {
  const theme = useTheme()
  const dark = theme === 'dark'
  const { series, groups, step_s } = overview
  const made = useMemo(() => {
    const [good, mid, bad] = dark ? ['#3fc5c0', '#f0a95b', '#ff7a85'] : ['#0f8b8d', '#d9822b', '#c02632']
    const line = (key: OverviewField, label: string, colour: string): Layer => ({ key, label, colour, values: scaled(series[key], 1e9) })
    return {
      requests: groupLayers(groups, 'requests', colours),
      errors: groupLayers(groups, 'errors', colours),
      cost: groupLayers(groups, 'cost_nusd', colours),
      latency: [line('p50_s', 'p50', good!), line('p95_s', 'p95', mid!), line('p99_s', 'p99', bad!)],
      ttft: [line('ttft_p50_s', 'p50', good!), line('ttft_p95_s', 'p95', mid!)],
      tokens: [
        { key: 'in', label: 'Input', colour: dark ? '#74acf5' : '#3a7bd5', values: series.input_tokens },
        { key: 'out', label: 'Output', colour: dark ? '#9d91ff' : '#5b4be0', values: series.output_tokens },
      ],
    }
  }, [series, groups, colours, dark])
  const shared = { timesS: overview.times_s, stepS: step_s, onZoom }
  const grouped = { ...shared, kind: 'bars' as const, hidden, onToggle }
  const per = `per ${step_s < 60 ? `${step_s} s` : step_s < 3600 ? `${step_s / 60} min` : `${step_s / 3600} h`}`
  return (
    <div className="mb-3 grid gap-3 lg:grid-cols-2 2xl:grid-cols-3">
      <TimeChart title="Requests" note={per} layers={made.requests} format={formatCount} {...grouped} />
      <TimeChart title="Latency" note="whole answer" layers={made.latency} format={formatDurationNs} kind="lines" {...shared} />
      <TimeChart title="Cost" note={per} layers={made.cost} format={formatCost} {...grouped} />
      <TimeChart title="Errors" note={per} layers={made.errors} format={formatCount} {...grouped} />
      <TimeChart title="Time to first token" layers={made.ttft} format={formatDurationNs} kind="lines" {...shared} />
      <TimeChart title="Tokens" note={per} layers={made.tokens} format={formatCount} kind="bars" {...shared} />
    </div>
  )
}

const formatDurationNs = (ns: number): string => (ns === 0 ? '0' : formatSeconds(ns / 1e9))

function Skeleton() {
  return (
    <div aria-busy="true" aria-label="Loading">
      <div className="mb-3 grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-6">
        {Array.from({ length: 6 }, (_, at) => (
          <Panel key={at} className="h-[90px] animate-pulse" />
        ))}
      </div>
      <div className="grid gap-3 lg:grid-cols-2 2xl:grid-cols-3">
        {Array.from({ length: 6 }, (_, at) => (
          <Panel key={at} className="h-[232px] animate-pulse" />
        ))}
      </div>
    </div>
  )
}
