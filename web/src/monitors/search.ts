/** What the URL of the list holds. */

import type { MonitorHead, MonitorState } from '../api/types'

export const STATES = ['Alert', 'Warn', 'No Data', 'Unknown', 'OK', 'Skipped'] as const satisfies readonly MonitorState[]

export interface MonitorSearch {
  q?: string | undefined
  state?: MonitorState | undefined
}

export function parseMonitorSearch(search: Record<string, unknown>): MonitorSearch {
  const found: MonitorSearch = {}
  if (search['q']) found.q = String(search['q'])
  const state = STATES.find((one) => one === search['state'])
  if (state) found.state = state
  return found
}

/** Monitors in a state whose name, query, type or tags hold every word. */
export function filterMonitors(monitors: readonly MonitorHead[], { q, state }: MonitorSearch): MonitorHead[] {
  const words = (q ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  return monitors.filter((one) => {
    if (state && one.state !== state) return false
    const text = [one.name, one.query, one.type, ...one.tags].join('\n').toLowerCase()
    return words.every((word) => text.includes(word))
  })
}
