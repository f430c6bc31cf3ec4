/** Calls to the API; a failure carries the problem's own words. */

import type { MonitorDetail, MonitorEvaluation, MonitorList, MonitorNotification, MonitorTransition, Overview, Runbook, SpanDetail, TraceDetail, TracePage } from './types'

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
  let reply: Response
  try {
    reply = await fetch(query.size ? `${path}?${query}` : path, { signal: signal ?? null, headers: { accept: 'application/json' } })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ApiProblem(0, 'The server does not answer. Is lrcp running?')
  }
  if (!reply.ok) throw new ApiProblem(reply.status, await problemText(reply))
  return (await reply.json()) as T
}

async function problemText(reply: Response): Promise<string> {
  const text = await reply.text()
  try {
    return (JSON.parse(text) as { detail?: string }).detail ?? reply.statusText
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
