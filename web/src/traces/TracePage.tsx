/** One trace: what it was, the waterfall, and the span that is chosen. */

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useCanGoBack, useRouter } from '@tanstack/react-router'
import { ArrowLeft, CircleAlert, CircleCheck } from 'lucide-react'
import { type ReactNode, useCallback, useMemo } from 'react'
import { ApiProblem, getTrace } from '../api/client'
import type { SpanColumns, TraceDetail } from '../api/types'
import { formatCount, formatDuration, formatExact, formatTraceCost } from '../format/numbers'
import { formatMomentFully } from '../format/times'
import { titleOf } from '../format/titles'
import { Badge, CopyButton, ErrorNote } from '../ui/parts'
import { SpanPanel } from './SpanPanel'
import { Waterfall } from './Waterfall'

const YOUNG_MS = 60_000
const route = getRouteApi('/traces/$traceId')

export function TracePage() {
  const { traceId } = route.useParams()
  const { span } = route.useSearch()
  const navigate = route.useNavigate()
  const query = useQuery({
    queryKey: ['trace', traceId],
    queryFn: ({ signal }) => getTrace(traceId, signal),
    // A young trace may still be growing.
    refetchInterval: ({ state }) => (state.data && Date.now() - new Date(state.data.start_time).getTime() < YOUNG_MS && state.data.spans < 2_000 ? 3_000 : false),
  })
  const trace = query.data
  const chosen = useMemo(() => (trace ? chosenSpan(trace.columns, span) : -1), [trace, span])
  const choose = useCallback((spanId: string) => void navigate({ search: { span: spanId }, replace: true }), [navigate])
  if (query.isError && !trace) return <Missing error={query.error} retry={() => void query.refetch()} />
  if (!trace) return <p className="p-10 text-center text-soft" aria-busy="true">Loading the trace…</p>
  return (
    <div className="flex h-full min-w-0 flex-col">
      <Header trace={trace} />
      <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1.15fr)_minmax(22rem,1fr)] border-t border-line max-lg:grid-cols-1 max-lg:grid-rows-[45%_55%]">
        <Waterfall trace={trace} chosen={chosen} onChoose={choose} />
        <SpanPanel trace={trace} index={chosen} onChoose={choose} />
      </div>
    </div>
  )
}

/** The one in the URL, else the last answer of a model, else the root. */
function chosenSpan(columns: SpanColumns, spanId: string | undefined): number {
  const given = spanId ? columns.span_id.indexOf(spanId) : -1
  if (given >= 0) return given
  const failed = columns.kind.findIndex((kind, at) => kind === 'llm' && columns.status[at] === 'error')
  return Math.max(0, failed >= 0 ? failed : columns.kind.lastIndexOf('llm'))
}

function Header({ trace }: { trace: TraceDetail }) {
  const failed = trace.status === 'error'
  return (
    <header className="shrink-0 bg-panel px-4 pt-3 pb-2.5">
      <div className="flex min-w-0 items-center gap-2">
        <BackToList />
        {failed ? <CircleAlert size={17} className="shrink-0 text-bad" aria-label="Failed" /> : <CircleCheck size={17} className="shrink-0 text-good" aria-label="OK" />}
        <h1 className="truncate text-base font-semibold">{titleOf(trace.name, trace.resource)}</h1>
        <span className="truncate text-soft">{trace.service}</span>
        {trace.env && <Badge>{trace.env}</Badge>}
        {!trace.root_arrived && <Badge title="The root span has not arrived">partial</Badge>}
        {trace.truncated && <Badge tone="warn">only the first {formatExact(trace.columns.span_id.length)} spans</Badge>}
        <span className="ml-auto flex items-center font-mono text-xs text-faint max-md:hidden">
          {trace.trace_id} <CopyButton text={trace.trace_id} label="Copy the trace id" small />
        </span>
      </div>
      <dl className="mt-2 flex flex-wrap gap-x-6 gap-y-1 pl-9">
        <Fact label="Duration">{formatDuration(trace.duration_ns)}</Fact>
        <Fact label="Cost" tone={trace.cost_state === 'unknown' || trace.cost_state === 'partial' ? 'text-warn' : ''}>
          {formatTraceCost(trace.cost_nusd, trace.cost_state)}
        </Fact>
        <Fact label="Tokens in / out">
          {formatCount(trace.input_tokens)} / {formatCount(trace.output_tokens)}
        </Fact>
        <Fact label="First token">{formatDuration(trace.ttft_ns)}</Fact>
        <Fact label="Spans">
          {formatExact(trace.spans)}
          {trace.errors > 0 && <span className="text-bad"> · {formatExact(trace.errors)} failed</span>}
        </Fact>
        <Fact label="Started">{formatMomentFully(trace.start_time)}</Fact>
        {trace.session_id && (
          <Fact label="Session">
            <Link to="/traces" search={{ session: trace.session_id, from: '1d' }} className="hover:text-accent hover:underline">
              {trace.session_id}
            </Link>
          </Fact>
        )}
        {trace.user_id && (
          <Fact label="User">
            <Link to="/traces" search={{ user: trace.user_id, from: '1d' }} className="hover:text-accent hover:underline">
              {trace.user_id}
            </Link>
          </Fact>
        )}
      </dl>
    </header>
  )
}

/** Back to the list as it was left, filters and all; to a new one when the trace was opened by its address. */
function BackToList() {
  const router = useRouter()
  const canGoBack = useCanGoBack()
  const look = 'rounded-md p-1.5 text-soft hover:bg-raised hover:text-ink'
  if (!canGoBack)
    return (
      <Link to="/traces" className={look} aria-label="To the list of traces">
        <ArrowLeft size={16} />
      </Link>
    )
  return (
    <button type="button" className={look} aria-label="Back" onClick={() => router.history.back()}>
      <ArrowLeft size={16} />
    </button>
  )
}

function Fact({ label, tone = '', children }: { label: string; tone?: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-[11px] text-faint">{label}</dt>
      <dd className={`num text-[13px] font-medium ${tone}`}>{children}</dd>
    </div>
  )
}

function Missing({ error, retry }: { error: Error; retry: () => void }) {
  const gone = error instanceof ApiProblem && (error.status === 404 || error.status === 422)
  return (
    <div className="mx-auto max-w-xl space-y-4 p-12">
      <h1 className="text-lg font-semibold">{gone ? 'This trace is not here' : 'The trace could not be loaded'}</h1>
      <ErrorNote error={error} retry={retry} />
      <Link to="/traces" className="text-accent underline">
        To the list of traces
      </Link>
    </div>
  )
}
