/** What the API gives; the reference at /docs describes each field. */

import type { CostState } from '../format/numbers'

export interface TraceTotals {
  trace_id: string
  name: string
  service: string
  resource: string
  env: string
  ml_app: string
  root_arrived: boolean
  start_time: string
  duration_ns: number
  status: 'ok' | 'error'
  spans: number
  errors: number
  generations: number
  models: string[]
  input_tokens: number | null
  output_tokens: number | null
  cost_nusd: number | null
  cost_state: CostState
  ttft_ns: number | null
  session_id: string
  user_id: string
}

export interface TraceRow extends TraceTotals {
  input: string
  output: string
  error: string
}

export interface TracePage {
  traces: TraceRow[]
  next_cursor: string | null
}

export interface Evaluation {
  time: string
  span_id: string
  name: string
  score: number | null
  label: string
  evaluator: string
  evaluator_version: string
  evidence: string
}

/** Arrays of one length, by start time. */
export interface SpanColumns {
  span_id: string[]
  parent_id: string[]
  start_offset_ns: number[]
  duration_ns: number[]
  name: string[]
  service: string[]
  resource: string[]
  kind: string[]
  status: string[]
  error_type: string[]
  model: string[]
  input_tokens: (number | null)[]
  output_tokens: (number | null)[]
  cost_nusd: (number | null)[]
  cost_source: string[]
  ttft_ns: (number | null)[]
}

export interface TraceDetail extends TraceTotals {
  truncated: boolean
  columns: SpanColumns
  evaluations: Evaluation[]
}

export interface SpanDetail {
  trace_id: string
  span_id: string
  parent_id: string
  start_time: string
  duration_ns: number
  name: string
  service: string
  resource: string
  kind: string
  status: string
  error_type: string
  error_message: string
  env: string
  version: string
  ml_app: string
  session_id: string
  user_id: string
  provider: string
  model: string
  response_model: string
  input_tokens: number | null
  output_tokens: number | null
  cached_input_tokens: number | null
  cache_write_tokens: number | null
  reasoning_tokens: number | null
  cost_nusd: number | null
  cost_source: string
  ttft_ns: number | null
  finish_reason: string
  prompt_version: string
  route: string
  cache: string
  attempts: number
  input: string
  output: string
  tags: Record<string, string>
  source: string
}

export interface OverviewPoint {
  requests: number
  errors: number
  p50_s: number | null
  p95_s: number | null
  p99_s: number | null
  ttft_p50_s: number | null
  ttft_p95_s: number | null
  input_tokens: number
  output_tokens: number
  cost_nusd: number
  unpriced: number
}

export type OverviewField = keyof OverviewPoint
export type OverviewSeries = Record<OverviewField, (number | null)[]>

export interface OverviewGroup {
  key: string
  totals: OverviewPoint
  series: OverviewSeries
}

export interface Overview {
  from: string
  to: string
  step_s: number
  group_by: string
  times_s: number[]
  totals: OverviewPoint
  previous: OverviewPoint | null
  series: OverviewSeries
  groups: OverviewGroup[]
}

export type MonitorState = 'OK' | 'Warn' | 'Alert' | 'No Data' | 'Unknown' | 'Skipped'

export interface MonitorHead {
  id: number
  name: string
  type: string
  query: string
  tags: string[]
  priority: number | null
  state: MonitorState
  evaluated_at: string | null
}

export interface MonitorList {
  monitors: MonitorHead[]
  counts: Partial<Record<MonitorState, number>>
}

export interface MonitorGroup {
  group: string
  state: MonitorState
  value: number | null
  since: string | null
  last_triggered: string | null
  last_resolved: string | null
  last_notified: string | null
  last_data: string | null
}

export interface MonitorDefinition {
  message?: string
  options?: { thresholds?: Partial<Record<'critical' | 'warning' | 'critical_recovery' | 'warning_recovery', number>> }
}

export interface MonitorDetail {
  monitor: MonitorHead
  definition: MonitorDefinition
  groups: MonitorGroup[]
}

export interface MonitorEvaluation {
  time: string
  state: MonitorState
  took_s: number
  group_count: number
  note: string
  groups: { group: string; state: MonitorState; value: number | null; reason: string }[]
}

export interface MonitorTransition {
  monitor_id: number
  group: string
  time: string
  before: MonitorState
  after: MonitorState
  kind: string
  reason: string
  value: number | null
  threshold: number | null
  notified: boolean
}

export interface MonitorNotification {
  id: number
  monitor_id: number
  group: string
  time: string
  kind: string
  title: string
  body: string
  handles: string[]
  muted_by: string
  delivered_at: string | null
}

export interface Runbook {
  name: string
  title: string
  text: string
}

/** One of `/api/v2/monitor/{id}/downtime_matches`. */
export interface MutingDowntime {
  id: string
  attributes: { groups: string[]; scope: string; start: string | null; end: string | null }
}

export type SloState = 'ok' | 'warning' | 'breached' | 'no_data' | 'error' | ''

export interface SloTarget {
  timeframe: string
  target_percent: number
  warning_percent: number | null
  sli_percent: number | null
  remaining_percent: number | null
  burn_rate: number | null
  state: SloState
}

export interface SloHead {
  id: string
  name: string
  type: 'metric' | 'monitor' | 'time_slice'
  description: string
  tags: string[]
  state: SloState
  error: string
  targets: SloTarget[]
}

export interface SloPart {
  name: string
  good: number
  valid: number
  sli_percent: number | null
  remaining_percent: number | null
  state: SloState
}

/** Arrays of one length. */
export interface SloColumns {
  times_s: number[]
  good: number[]
  valid: number[]
  sli_percent: (number | null)[]
  remaining_percent: (number | null)[]
  burn_rate: number[]
}

export interface SloCorrection {
  id: string
  start: number
  end?: number | null
  rrule?: string | null
  duration?: number | null
  category?: string
  description?: string | null
}

export interface SloDetail {
  slo: SloHead
  definition: Record<string, unknown>
  corrections: SloCorrection[]
  monitors: Record<string, string>
  alerts: Record<string, string>
  history: {
    start: string
    end: string
    timeframe: string
    target_percent: number
    step_s: number
    overall: SloPart
    groups: SloPart[]
    monitors: SloPart[]
    columns: SloColumns
    corrected: { start: string; end: string }[]
    cut: number
  }
}
