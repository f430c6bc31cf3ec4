/** Calls to the API; a failure carries the problem's own words. */

import type { MonitorDetail, MonitorEvaluation, MonitorList, MonitorNotification, MonitorTransition, MutingDowntime, Overview, Runbook, SloDetail, SloHead, SpanDetail, TraceDetail, TracePage } from './types'

export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail)
  }
}

type Params = Record<string, string | number | string[] | undefined>

async function get<T>(path: string, params: Params, signal?: AbortSignal): Promise<T> {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) {
    if (Array.isArray(value)) value.forEach((one) => query.append(name, one))
    else if (value !== undefined && value !== '') query.set(name, String(value))
  }
  const reply = await ask(query.size ? `${path}?${query}` : path, { signal: signal ?? null })
  return (await reply.json()) as T
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  let reply: Response
  try {
    reply = await fetch(path, { ...init, headers: { accept: 'application/json', ...(init.body ? { 'content-type': 'application/json' } : {}) } })
  } catch (error) {
    if (init.signal?.aborted) throw error
    throw new ApiProblem(0, 'The server does not answer. Is lrcp running?')
  }
  if (!reply.ok) throw new ApiProblem(reply.status, await problemText(reply))
  return reply
}

/** Our own paths answer problem documents, Datadog's paths a list of errors. */
async function problemText(reply: Response): Promise<string> {
  const text = await reply.text()
  try {
    const problem = JSON.parse(text) as { detail?: string; errors?: string[] }
    return problem.detail ?? problem.errors?.join('; ') ?? reply.statusText
  } catch {
    return `${reply.status} ${reply.statusText}`
  }
}

export const getOverview = (params: Params, signal?: AbortSignal): Promise<Overview> => get('/api/overview', params, signal)
export const getTraces = (params: Params, signal?: AbortSignal): Promise<TracePage> => get('/api/traces', params, signal)
export const getTrace = (id: string, signal?: AbortSignal): Promise<TraceDetail> => get(`/api/traces/${encodeURIComponent(id)}`, {}, signal)
export const getSpan = (traceId: string, spanId: string, signal?: AbortSignal): Promise<SpanDetail> =>
  get(`/api/spans/${encodeURIComponent(spanId)}`, { trace_id: traceId }, signal)
export const getMonitors = (signal?: AbortSignal): Promise<MonitorList> => get('/api/monitors', {}, signal)
export const getMonitor = (id: string, signal?: AbortSignal): Promise<MonitorDetail> => get(`/api/monitors/${encodeURIComponent(id)}`, {}, signal)
export const getEvaluations = (id: string, params: Params, signal?: AbortSignal): Promise<{ evaluations: MonitorEvaluation[] }> =>
  get(`/api/monitors/${encodeURIComponent(id)}/evaluations`, params, signal)
export const getTransitions = (params: Params, signal?: AbortSignal): Promise<{ transitions: MonitorTransition[] }> => get('/api/monitors/transitions', params, signal)
export const getNotifications = (params: Params, signal?: AbortSignal): Promise<{ notifications: MonitorNotification[]; next_before: number | null }> =>
  get('/api/monitors/notifications', params, signal)
export const getRunbook = (name: string, signal?: AbortSignal): Promise<Runbook> => get(`/api/runbooks/${encodeURIComponent(name)}`, {}, signal)
export const getSlos = (signal?: AbortSignal): Promise<{ slos: SloHead[] }> => get('/api/slos', {}, signal)
export const getSlo = (id: string, params: Params, signal?: AbortSignal): Promise<SloDetail> => get(`/api/slos/${encodeURIComponent(id)}`, params, signal)

/** Downtimes that silence a monitor now. */
export const getMuting = (monitorId: string, signal?: AbortSignal): Promise<{ data: MutingDowntime[] }> =>
  get(`/api/v2/monitor/${encodeURIComponent(monitorId)}/downtime_matches`, { 'page[limit]': 100 }, signal)

/** scope: `*`, or the name of a group. seconds: how long, null: until it is taken back. */
export async function muteMonitor(monitorId: number, scope: string, seconds: number | null): Promise<void> {
  const schedule = seconds === null ? {} : { schedule: { end: new Date(Date.now() + seconds * 1000).toISOString() } }
  const attributes = { scope, monitor_identifier: { monitor_id: monitorId }, message: 'Muted in the web app', ...schedule }
  await ask('/api/v2/downtime', { method: 'POST', body: JSON.stringify({ data: { type: 'downtime', attributes } }) })
}

export async function cancelDowntime(id: string): Promise<void> {
  await ask(`/api/v2/downtime/${encodeURIComponent(id)}`, { method: 'DELETE' })
}
