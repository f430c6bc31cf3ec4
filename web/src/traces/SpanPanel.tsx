/** The chosen span: its conversation, figures, evaluations, tags, and all of it as JSON. */

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Tabs } from 'radix-ui'
import { type ReactNode, useMemo, useState } from 'react'
import { getSpan } from '../api/client'
import type { Evaluation, SpanDetail, TraceDetail } from '../api/types'
import { formatCost, formatDuration, formatExact } from '../format/numbers'
import { formatMomentFully } from '../format/times'
import { titleOf } from '../format/titles'
import { kindColour } from '../ui/colours'
import { Badge, CopyButton, ErrorNote } from '../ui/parts'
import { useTheme } from '../ui/theme'
import { Conversation, Folded } from './Conversation'
import { firstTokenNs } from './firstToken'
import { parseMessages } from './messages'

interface Props {
  trace: TraceDetail
  index: number
  onChoose: (spanId: string) => void
}

export function SpanPanel({ trace, index, onChoose }: Props) {
  const spanId = trace.columns.span_id[index] ?? ''
  const query = useQuery({
    queryKey: ['span', trace.trace_id, spanId],
    queryFn: ({ signal }) => getSpan(trace.trace_id, spanId, signal),
    enabled: spanId !== '',
    staleTime: 30_000,
    placeholderData: keepPreviousData,
  })
  const evaluations = useMemo(() => trace.evaluations.filter((one) => one.span_id === spanId), [trace.evaluations, spanId])
  return (
    <aside aria-label="Chosen span" className="flex min-h-0 min-w-0 flex-col border-l border-line bg-panel max-lg:border-t max-lg:border-l-0">
      {query.isError && (
        <div className="p-4">
          <ErrorNote error={query.error} retry={() => void query.refetch()} />
        </div>
      )}
      {query.data && <Content span={query.data} ttftNs={firstTokenNs(trace.columns, index)} evaluations={evaluations} stale={query.isPlaceholderData} onChoose={onChoose} />}
    </aside>
  )
}

type Tab = 'words' | 'details' | 'json'
const TAB = '-mb-px border-b-2 border-transparent px-3 py-2 text-[13px] text-soft hover:text-ink data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-ink'

function Content({ span, ttftNs, evaluations, stale, onChoose }: { span: SpanDetail; ttftNs: number | null; evaluations: Evaluation[]; stale: boolean; onChoose: (spanId: string) => void }) {
  const [tab, setTab] = useState<Tab>('words')
  const theme = useTheme()
  const tags = Object.keys(span.tags).length
  return (
    <Tabs.Root value={tab} onValueChange={(value) => setTab(value as Tab)} className={`flex min-h-0 flex-1 flex-col ${stale ? 'opacity-60' : ''}`}>
      <div className="shrink-0 px-4 pt-3">
        <div className="flex items-center gap-2">
          <span className="size-2.5 shrink-0 rounded-[3px]" style={{ background: kindColour(span.kind, theme) }} />
          <h2 className="truncate font-semibold">{titleOf(span.name, span.resource)}</h2>
          <Badge>{span.kind}</Badge>
          {span.status === 'error' && <Badge tone="bad">error</Badge>}
        </div>
        {span.resource && span.resource !== titleOf(span.name, span.resource) && <p className="mt-0.5 truncate text-xs text-faint" title={span.resource}>{span.resource}</p>}
        <Figures span={span} ttftNs={span.kind === 'llm' ? ttftNs : span.ttft_ns} />
        <Tabs.List aria-label="Parts of the span" className="mt-2 flex border-b border-line">
          <Tabs.Trigger value="words" className={TAB}>Conversation</Tabs.Trigger>
          <Tabs.Trigger value="details" className={TAB}>Details{tags > 0 && <span className="text-faint"> {tags}</span>}</Tabs.Trigger>
          <Tabs.Trigger value="json" className={TAB}>JSON</Tabs.Trigger>
        </Tabs.List>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto p-4">
        <Tabs.Content value="words" className="space-y-4">
          <Words span={span} evaluations={evaluations} />
        </Tabs.Content>
        <Tabs.Content value="details">
          <Details span={span} onChoose={onChoose} />
        </Tabs.Content>
        <Tabs.Content value="json">
          <Raw span={span} />
        </Tabs.Content>
      </div>
    </Tabs.Root>
  )
}

const COST_SOURCES: Record<string, string> = {
  reported: 'reported by the provider',
  computed: 'computed from tokens and the price table',
  estimated: 'estimated: the provider sent no token counts',
  unknown: 'no price is known for this model',
}

const firstTokenNote = (span: SpanDetail, perSecond: number | null): string =>
  [perSecond && `then ${perSecond.toFixed(0)} tokens/s`, span.ttft_ns === null && 'as the gateway saw it'].filter(Boolean).join('; ')

function Figures({ span, ttftNs }: { span: SpanDetail; ttftNs: number | null }) {
  const generation = span.kind === 'llm' || span.kind === 'embedding'
  const extra = [
    span.cached_input_tokens && `${formatExact(span.cached_input_tokens)} cached`,
    span.reasoning_tokens && `${formatExact(span.reasoning_tokens)} reasoning`,
    span.cache_write_tokens && `${formatExact(span.cache_write_tokens)} written to cache`,
  ].filter(Boolean)
  const perSecond = span.output_tokens && span.duration_ns ? span.output_tokens / ((span.duration_ns - (ttftNs ?? 0)) / 1e9) : null
  return (
    <dl className="mt-2.5 grid grid-cols-[repeat(auto-fill,minmax(7.5rem,1fr))] gap-x-4 gap-y-2">
      <Figure label="Duration" value={formatDuration(span.duration_ns)} />
      {span.model && <Figure label="Model" value={span.model} {...(span.response_model && span.response_model !== span.model ? { note: `answered by ${span.response_model}` } : {})} />}
      {generation && (
        <>
          <Figure label="Cost" value={span.cost_nusd === null ? 'unknown' : formatCost(span.cost_nusd)} tone={span.cost_nusd === null ? 'text-warn' : ''} note={COST_SOURCES[span.cost_source || 'unknown'] ?? span.cost_source} />
          <Figure label="Tokens in / out" value={`${span.input_tokens === null ? '–' : formatExact(span.input_tokens)} / ${span.output_tokens === null ? '–' : formatExact(span.output_tokens)}`} note={extra.join(', ')} />
        </>
      )}
      {ttftNs !== null && <Figure label="First token" value={formatDuration(ttftNs)} note={firstTokenNote(span, perSecond)} />}
      {span.finish_reason && <Figure label="Finished" value={span.finish_reason} />}
    </dl>
  )
}

function Figure({ label, value, note = '', tone = '' }: { label: string; value: string; note?: string; tone?: string }) {
  return (
    <div className="min-w-0">
      <dt className="text-[11px] text-faint">{label}</dt>
      <dd className={`num truncate text-[13px] font-medium ${tone}`} title={value}>
        {value}
      </dd>
      {note && <dd className="text-[11px] leading-tight text-faint">{note}</dd>}
    </div>
  )
}

function Words({ span, evaluations }: { span: SpanDetail; evaluations: Evaluation[] }) {
  const generation = span.kind === 'llm'
  const asked = useMemo(() => parseMessages(span.input, generation ? 'user' : ''), [span.input, generation])
  const said = useMemo(() => parseMessages(span.output, generation ? 'assistant' : ''), [span.output, generation])
  return (
    <>
      {(span.error_type || span.error_message) && (
        <section className="rounded-md border border-bad/40 bg-bad-soft px-3 py-2">
          <h3 className="text-xs font-semibold text-bad">{span.error_type || 'Error'}</h3>
          {span.error_message && <Folded text={span.error_message} />}
        </section>
      )}
      {evaluations.length > 0 && <Evaluations list={evaluations} />}
      <Conversation title="Input" messages={asked} />
      <Conversation title="Output" messages={said} />
      {!asked.length && !said.length && <p className="py-8 text-center text-[13px] text-faint">This span carries no input or output.</p>}
    </>
  )
}

function Evaluations({ list }: { list: Evaluation[] }) {
  return (
    <section>
      <h3 className="mb-1.5 text-xs font-semibold text-soft">Evaluations</h3>
      <ul className="grid gap-1.5">
        {list.map((one, at) => (
          <li key={at} className="rounded-md border border-line px-2.5 py-1.5 text-[13px]">
            <p className="flex items-center gap-2">
              <span className="font-medium">{one.name}</span>
              {one.score !== null && (
                <span className="flex items-center gap-2">
                  <span className="h-1.5 w-16 overflow-hidden rounded-full bg-raised">
                    <span className="block h-full bg-accent" style={{ width: `${Math.max(0, Math.min(1, one.score)) * 100}%` }} />
                  </span>
                  <span className="num">{one.score.toFixed(2)}</span>
                </span>
              )}
              {one.label && <Badge>{one.label}</Badge>}
              <span className="ml-auto truncate text-xs text-faint">
                {one.evaluator} {one.evaluator_version && `v${one.evaluator_version}`}
              </span>
            </p>
            {one.evidence && <p className="mt-0.5 text-xs text-soft">{one.evidence}</p>}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Details({ span, onChoose }: { span: SpanDetail; onChoose: (spanId: string) => void }) {
  const plain: [string, ReactNode][] = [
    ['Span id', <Id key="id" id={span.span_id} />],
    ['Parent', span.parent_id && <button key="parent" type="button" className="font-mono text-accent hover:underline" onClick={() => onChoose(span.parent_id)}>{span.parent_id}</button>],
    ['Started', formatMomentFully(span.start_time)],
    ['Service', span.service && <Link key="service" to="/traces" search={{ service: span.service }} className="text-accent hover:underline">{span.service}</Link>],
    ['Environment', span.env],
    ['Version', span.version],
    ['ML app', span.ml_app],
    ['Session', span.session_id],
    ['User', span.user_id],
    ['Provider', span.provider],
    ['Prompt version', span.prompt_version],
    ['Route', span.route],
    ['Cache', span.cache],
    ['Attempts', span.attempts > 1 ? String(span.attempts) : ''],
    ['Received as', span.source],
  ]
  return (
    <div className="space-y-5">
      <Pairs pairs={plain.filter(([, value]) => value)} />
      {Object.keys(span.tags).length > 0 && (
        <section>
          <h3 className="mb-1.5 text-xs font-semibold text-soft">Tags</h3>
          <Pairs mono pairs={Object.entries(span.tags).sort(([a], [b]) => a.localeCompare(b))} />
        </section>
      )}
    </div>
  )
}

const Id = ({ id }: { id: string }) => (
  <span className="inline-flex items-center gap-1 font-mono">
    {id} <CopyButton text={id} label="Copy the span id" small />
  </span>
)

function Pairs({ pairs, mono = false }: { pairs: [string, ReactNode][]; mono?: boolean }) {
  return (
    <dl className="text-[13px]">
      {pairs.map(([name, value]) => (
        <div key={name} className="grid grid-cols-[minmax(8rem,32%)_minmax(0,1fr)] gap-3 border-b border-line py-1.5 last:border-0">
          <dt className={`break-words text-soft ${mono ? 'font-mono text-xs' : ''}`}>{name}</dt>
          <dd className={`break-words ${mono ? 'font-mono text-xs' : ''}`}>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function Raw({ span }: { span: SpanDetail }) {
  const text = useMemo(() => JSON.stringify(span, null, 2), [span])
  return (
    <div className="relative">
      <span className="absolute top-1 right-1">
        <CopyButton text={text} label="Copy the JSON" />
      </span>
      <pre className="overflow-x-auto rounded-md bg-canvas p-3 font-mono text-[12px] break-words whitespace-pre-wrap">{text}</pre>
    </div>
  )
}
