/** One SLO: its budget now and over time, what does not count, what it is made of. */

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ChevronLeft } from 'lucide-react'
import { useCallback, useMemo } from 'react'
import { getSlo } from '../api/client'
import type { SloCorrection, SloDetail, SloPart, SloTarget } from '../api/types'
import { formatCount } from '../format/numbers'
import { isLive, type RangeSearch } from '../format/ranges'
import { formatMoment } from '../format/times'
import { NameText } from '../monitors/NameText'
import { TimeChart } from '../overview/TimeChart'
import { LiveMark } from '../ui/LiveMark'
import { Badge, ErrorNote, Panel, Segments } from '../ui/parts'
import { RangePicker } from '../ui/RangePicker'
import { useTheme } from '../ui/theme'
import { layersOf, lowestSli } from './layers'
import { BudgetBar, formatBudget, formatSli, SloBadge } from './parts'

const REFRESH_MS = 10_000
const SHOWN_PARTS = 50
const DAYS = /^\d+d$/
const route = getRouteApi('/slos/$sloId')

export function SloPage() {
  const { sloId } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const query = useQuery({
    queryKey: ['slo', sloId, search.from, search.to, search.timeframe],
    queryFn: ({ signal }) => getSlo(sloId, { from: search.from, to: search.to, timeframe: search.timeframe }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: isLive(search, '7d') ? REFRESH_MS : false,
  })
  const setRange = useCallback((next: RangeSearch) => void navigate({ search: (now) => ({ ...now, from: next.from, to: next.to }) }), [navigate])
  const setTimeframe = (timeframe: string) => void navigate({ search: (now) => ({ ...now, timeframe }) })
  const detail = query.data
  const frame = detail && DAYS.test(detail.history.timeframe) ? detail.history.timeframe : '7d'
  return (
    <div className="mx-auto max-w-[1500px] p-4">
      <Link to="/slos" className="mb-2 inline-flex items-center gap-1 text-[13px] text-soft hover:text-ink">
        <ChevronLeft size={14} /> SLOs
      </Link>
      {query.isError && <ErrorNote error={query.error} retry={() => void query.refetch()} />}
      {detail ? (
        <>
          <div className="mb-2 flex flex-wrap items-center gap-2">
            <h1 className="mr-auto flex min-w-0 items-center gap-3 text-base font-semibold">
              <SloBadge state={detail.slo.state} /> <span className="min-w-0">{detail.slo.name}</span> <LiveMark live={isLive(search, frame)} failing={query.isError} />
            </h1>
            {detail.slo.targets.length > 1 && <Segments label="Timeframe" value={detail.history.timeframe} options={detail.slo.targets.map((one) => [one.timeframe, one.timeframe] as const)} onChange={setTimeframe} />}
            <RangePicker range={search} onChange={setRange} fallback={frame} />
          </div>
          <Head detail={detail} />
          <Charts detail={detail} onRange={setRange} />
          <div className="mb-3 grid gap-3 lg:grid-cols-2">
            <Corrections detail={detail} />
            <Monitors detail={detail} />
          </div>
          <Parts detail={detail} />
          <Panel className="p-3">
            <h2 className="mb-2 text-[13px] font-semibold">Definition</h2>
            <pre className="max-h-96 overflow-auto text-xs text-soft">{JSON.stringify(detail.definition, null, 2)}</pre>
          </Panel>
        </>
      ) : (
        !query.isError && <Panel className="h-96 animate-pulse" aria-busy="true" aria-label="Loading" />
      )}
    </div>
  )
}

function Head({ detail: { slo } }: { detail: SloDetail }) {
  return (
    <Panel className="mb-3 p-3">
      {slo.description && <p className="mb-1.5 text-[13px]">{slo.description}</p>}
      <p className="flex flex-wrap items-center gap-1.5 text-xs text-soft">
        <Badge tone="accent">{slo.type.replace('_', ' ')}</Badge>
        {slo.tags.map((tag) => (
          <Badge key={tag}>{tag}</Badge>
        ))}
        <span className="ml-1 break-all">id {slo.id}</span>
      </p>
      {slo.error && <p className="mt-2 text-[13px] break-words text-warn">{slo.error}</p>}
      <ul className="mt-3 flex flex-wrap gap-x-8 gap-y-3">
        {slo.targets.map((one) => (
          <Target key={one.timeframe} target={one} />
        ))}
      </ul>
    </Panel>
  )
}

function Target({ target }: { target: SloTarget }) {
  return (
    <li className="text-[13px]">
      <span className="num text-xs text-soft">
        {target.timeframe} · target {target.target_percent} %{target.burn_rate !== null && ` · burn rate ${Number(target.burn_rate.toPrecision(3))}`}
      </span>
      <span className="flex items-baseline gap-4">
        <span className="num text-xl font-semibold">{formatSli(target.sli_percent)}</span>
        <BudgetBar target={target} />
      </span>
    </li>
  )
}

function Charts({ detail, onRange }: { detail: SloDetail; onRange: (range: RangeSearch) => void }) {
  const theme = useTheme()
  const { history, slo } = detail
  const target = slo.targets.find((one) => one.timeframe === history.timeframe)
  const warning = target?.warning_percent ?? null
  const layers = useMemo(() => layersOf(history.columns, { target_percent: history.target_percent, warning_percent: warning }, theme), [history, warning, theme])
  const zoom = useCallback((fromS: number, toS: number) => onRange({ from: new Date(fromS * 1000).toISOString(), to: new Date(toS * 1000).toISOString() }), [onRange])
  const shared = { timesS: history.columns.times_s, stepS: history.step_s, kind: 'lines' as const, onZoom: zoom }
  const unit = slo.type === 'metric' ? 'events' : 'seconds'
  return (
    <>
      <p className="mb-2 text-[13px] text-soft">
        In this range <b className="num text-ink">{formatSli(history.overall.sli_percent)}</b> of {formatCount(history.overall.valid)} {unit} were good; <b className="num text-ink">{formatBudget(history.overall.remaining_percent)}</b> of the error budget is left.
      </p>
      <div className="mb-3 grid gap-3 lg:grid-cols-3">
        <TimeChart title="Indicator" note="share that was good" layers={layers.sli} format={formatSli} lowest={lowestSli(history.columns, history.target_percent)} {...shared} />
        <TimeChart title="Error budget left" note="since the range began" layers={layers.budget} format={formatBudget} {...shared} />
        <TimeChart title="Burn rate" note="1 spends the whole budget in a timeframe" layers={layers.burn} format={(value) => String(Number(value.toPrecision(3)))} {...shared} />
      </div>
    </>
  )
}

function Corrections({ detail: { corrections, history } }: { detail: SloDetail }) {
  return (
    <Panel className="p-3">
      <h2 className="mb-2 text-[13px] font-semibold">Corrections</h2>
      {!corrections.length && <p className="text-[13px] text-soft">None. Time that is not to count is named at /api/v1/slo/correction.</p>}
      <ul className="space-y-1.5 text-[13px]">
        {corrections.map((one) => (
          <li key={one.id}>
            <span className="num text-soft">{describeCorrection(one)}</span> <Badge>{one.category ?? 'Other'}</Badge> {one.description}
          </li>
        ))}
      </ul>
      {history.corrected.length > 0 && <p className="mt-2 text-xs text-soft">{history.corrected.length === 1 ? '1 stretch' : `${history.corrected.length} stretches`} of this range do not count.</p>}
    </Panel>
  )
}

function describeCorrection({ start, end, rrule, duration }: SloCorrection): string {
  const from = formatMoment(new Date(start * 1000).toISOString())
  if (rrule) return `${rrule} for ${duration ?? 0} s, from ${from}`
  return `${from} – ${end ? formatMoment(new Date(end * 1000).toISOString()) : 'open'}`
}

function Monitors({ detail }: { detail: SloDetail }) {
  const lists = [
    ['Made of', detail.monitors],
    ['Watched by', detail.alerts],
  ] as const
  return (
    <Panel className="p-3">
      <h2 className="mb-2 text-[13px] font-semibold">Monitors</h2>
      {lists.every(([, found]) => !Object.keys(found).length) && <p className="text-[13px] text-soft">No monitor watches this SLO: one of the type “slo alert” tells when the budget burns.</p>}
      {lists.map(([title, found]) =>
        Object.entries(found).map(([id, name]) => (
          <p key={title + id} className="text-[13px]">
            <span className="text-soft">{title} </span>
            <Link to="/monitors/$monitorId" params={{ monitorId: id }} className="font-medium hover:text-accent hover:underline">
              <NameText name={name} />
            </Link>
          </p>
        )),
      )}
    </Panel>
  )
}

function Parts({ detail: { history, monitors } }: { detail: SloDetail }) {
  const parts: SloPart[] = [...history.groups, ...history.monitors].sort((a, b) => (a.sli_percent ?? 101) - (b.sli_percent ?? 101))
  if (!parts.length) return null
  const more = parts.length - SHOWN_PARTS + history.cut
  return (
    <Panel className="mb-3 overflow-x-auto">
      <table className="w-full text-[13px]">
        <caption className="px-3.5 pt-2.5 text-left font-semibold">{history.groups.length ? 'Groups' : 'Monitors'}</caption>
        <tbody>
          {parts.slice(0, SHOWN_PARTS).map((one) => (
            <tr key={one.name} className="border-b border-line last:border-0">
              <td className="px-3.5 py-1.5">
                <SloBadge state={one.state} />
              </td>
              <th scope="row" className="w-full px-3.5 py-1.5 text-left font-medium">
                {monitors[one.name] ? <NameText name={monitors[one.name]!} /> : one.name}
              </th>
              <td className="num px-3.5 py-1.5 text-right">{formatSli(one.sli_percent)}</td>
              <td className="px-3.5 py-1.5">
                <BudgetBar target={{ remaining_percent: one.remaining_percent, timeframe: one.name }} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 && <p className="px-3.5 py-2 text-xs text-soft">and {more} more that did better</p>}
    </Panel>
  )
}
