/** One monitor: why it did or did not fire, its groups, its changes, what was told. */

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ChevronLeft } from 'lucide-react'
import { useCallback, useMemo } from 'react'
import { getEvaluations, getMonitor, getNotifications, getTransitions } from '../api/client'
import type { MonitorDetail, MonitorEvaluation } from '../api/types'
import { DEFAULT_FROM, isLive, type RangeSearch } from '../format/ranges'
import { formatAge } from '../format/times'
import { LazyMarkdown } from '../text/LazyMarkdown'
import { TimeChart } from '../overview/TimeChart'
import { LiveMark } from '../ui/LiveMark'
import { Badge, CopyButton, ErrorNote, Panel } from '../ui/parts'
import { RangePicker } from '../ui/RangePicker'
import { useTheme } from '../ui/theme'
import { chartOf, everySeconds } from './layers'
import { Changes, Groups, Notifications } from './MonitorTables'
import { MuteButton, MutedNote } from './Muting'
import { NameText } from './NameText'
import { CompositeParts, RelatedLinks } from './Related'
import { StateBadge } from './StateBadge'

const REFRESH_MS = 3_000
/** Of the scheduler: a chart has nothing new before. */
const TICK_MS = 10_000
const CHART_POINTS = 400
const CHART_GROUPS = 8
const route = getRouteApi('/monitors/$monitorId')

export function MonitorPage() {
  const { monitorId } = route.useParams()
  const range = route.useSearch()
  const navigate = route.useNavigate()
  const setRange = useCallback((next: RangeSearch) => void navigate({ search: { from: next.from, to: next.to } }), [navigate])
  const zoom = useCallback((fromS: number, toS: number) => setRange({ from: new Date(fromS * 1000).toISOString(), to: new Date(toS * 1000).toISOString() }), [setRange])
  const query = useQuery({ queryKey: ['monitor', monitorId], queryFn: ({ signal }) => getMonitor(monitorId, signal), refetchInterval: REFRESH_MS })
  return (
    <div className="mx-auto max-w-[1500px] p-4">
      <Link to="/monitors" className="mb-2 inline-flex items-center gap-1 text-[13px] text-soft hover:text-ink">
        <ChevronLeft size={14} /> Monitors
      </Link>
      {query.isError && <ErrorNote error={query.error} retry={() => void query.refetch()} />}
      {query.data && (
        <>
          <Head detail={query.data} live={isLive(range)} failing={query.isError} range={range} onRange={setRange} />
          <MutedNote monitorId={query.data.monitor.id} />
          <CompositeParts monitor={query.data.monitor} />
          <Found monitorId={monitorId} detail={query.data} range={range} onZoom={zoom} />
          <History monitorId={monitorId} range={range} />
          <Message text={query.data.definition.message ?? ''} />
        </>
      )}
    </div>
  )
}

function Head({ detail: { monitor }, live, failing, range, onRange }: { detail: MonitorDetail; live: boolean; failing: boolean; range: RangeSearch; onRange: (range: RangeSearch) => void }) {
  return (
    <>
      <div className="mb-2 flex flex-wrap items-center gap-2">
        <h1 className="mr-auto flex min-w-0 items-center gap-3 text-base font-semibold">
          <StateBadge state={monitor.state} /> <span className="min-w-0 break-words">
            <NameText name={monitor.name} />
          </span> <LiveMark live={live} failing={failing} />
        </h1>
        <MuteButton monitorId={monitor.id} />
        <RangePicker range={range} onChange={onRange} />
      </div>
      <Panel className="mb-3 flex items-start gap-2 p-3">
        <div className="min-w-0 flex-1">
          <code className="block max-h-40 overflow-auto text-[13px] break-words">{monitor.query}</code>
          <p className="mt-2 flex flex-wrap items-center gap-1.5 text-xs text-soft">
            <Badge tone="accent">{monitor.type}</Badge>
            {monitor.priority && <Badge>P{monitor.priority}</Badge>}
            {monitor.tags.map((tag) => (
              <Badge key={tag}>{tag}</Badge>
            ))}
            <span className="ml-1">id {monitor.id}</span>
            <span>· evaluated {monitor.evaluated_at ? formatAge(monitor.evaluated_at, Date.now()) : 'not yet'}</span>
            <RelatedLinks monitor={monitor} range={range} />
          </p>
        </div>
        <CopyButton text={monitor.query} label="Copy the query" />
      </Panel>
    </>
  )
}

function Found({ monitorId, detail: { monitor, definition, groups }, range, onZoom }: { monitorId: string; detail: MonitorDetail; range: RangeSearch; onZoom: (fromS: number, toS: number) => void }) {
  const theme = useTheme()
  const query = useQuery({
    queryKey: ['evaluations', monitorId, range.from, range.to],
    queryFn: ({ signal }) => getEvaluations(monitorId, { from: range.from ?? DEFAULT_FROM, to: range.to ?? 'now', limit: CHART_POINTS, every_s: everySeconds(range, Date.now(), CHART_POINTS), groups: CHART_GROUPS }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: isLive(range) ? TICK_MS : false,
  })
  const newest = useQuery({
    queryKey: ['evaluation', monitorId, range.from, range.to],
    queryFn: ({ signal }) => getEvaluations(monitorId, { from: range.from ?? DEFAULT_FROM, to: range.to ?? 'now', limit: 1 }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: isLive(range) ? REFRESH_MS : false,
  })
  const evaluations = query.data?.evaluations
  const latest = newest.data?.evaluations[0]
  // A composite compares states.
  const hasValues = monitor.type !== 'composite'
  const chart = useMemo(() => chartOf(evaluations ?? [], definition, theme), [evaluations, definition, theme])
  if (query.isError) return <ErrorNote error={query.error} retry={() => void query.refetch()} />
  if (!evaluations || !newest.data) return <Panel className="mb-3 h-60 animate-pulse" aria-busy="true" aria-label="Loading" />
  return (
    <>
      <div className={`mb-3 grid gap-3 ${hasValues ? 'lg:grid-cols-[2fr_1fr]' : ''}`}>
        {hasValues && <TimeChart title="Evaluated values" note="as compared with the thresholds" timesS={chart.timesS} stepS={chart.stepS} layers={chart.layers} kind="lines" format={formatValue} onZoom={onZoom} />}
        <Why latest={latest} />
      </div>
      <Groups monitorId={monitor.id} groups={groups} latest={latest} range={range} />
    </>
  )
}

const formatValue = (value: number): string => (value === 0 ? '0' : Number(value.toPrecision(4)).toLocaleString('en-GB', { maximumSignificantDigits: 4 }))

function Why({ latest }: { latest: MonitorEvaluation | undefined }) {
  return (
    <Panel className="min-w-0 p-3" aria-label="Why">
      <h2 className="mb-2 text-[13px] font-semibold">
        Last evaluation {latest && <span className="num ml-1 text-xs font-normal text-faint">{(latest.took_s * 1000).toFixed(1)} ms</span>}
      </h2>
      {!latest && <p className="text-[13px] text-soft">There was no evaluation in this range.</p>}
      {latest?.note && <p className={`mb-2 text-[13px] ${latest.state === 'Unknown' ? 'text-warn' : 'text-soft'}`}>{latest.note}</p>}
      {latest && !latest.note && !latest.groups.length && <p className="text-[13px] text-soft">Nothing that it watches has arrived yet.</p>}
      <ul className="max-h-48 space-y-2 overflow-auto text-[13px]">
        {latest?.groups.slice(0, 20).map((one) => (
          <li key={one.group}>
            <span className="flex items-center gap-2">
              <StateBadge state={one.state} />
              {one.group !== '*' && <span className="truncate font-medium">{one.group}</span>}
            </span>
            <span className="block break-words text-soft">{one.reason}</span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function History({ monitorId, range }: { monitorId: string; range: RangeSearch }) {
  const every = isLive(range) ? REFRESH_MS : false
  const changes = useQuery({
    queryKey: ['transitions', monitorId, range.from, range.to],
    queryFn: ({ signal }) => getTransitions({ monitor_id: monitorId, from: range.from ?? '1d', to: range.to ?? 'now' }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: every,
  })
  const told = useQuery({
    queryKey: ['notifications', monitorId],
    queryFn: ({ signal }) => getNotifications({ monitor_id: monitorId, limit: 20 }, signal),
    refetchInterval: every,
  })
  const error = changes.error ?? told.error
  if (error) return <ErrorNote error={error} />
  return (
    <div className="mb-3 grid gap-3 lg:grid-cols-2">
      <Changes transitions={changes.data?.transitions ?? []} />
      <Notifications notifications={told.data?.notifications ?? []} />
    </div>
  )
}

function Message({ text }: { text: string }) {
  if (!text) return null
  return (
    <Panel className="p-3">
      <h2 className="mb-2 text-[13px] font-semibold">Message</h2>
      <LazyMarkdown text={text} className="prose-message text-soft" />
    </Panel>
  )
}
