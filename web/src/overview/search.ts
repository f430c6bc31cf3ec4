/** What the URL of the overview holds. */

import { parseRange, type RangeSearch } from '../format/ranges'

export const GROUPS = [
  ['model', 'Model'],
  ['service', 'Service'],
  ['provider', 'Provider'],
  ['env', 'Environment'],
] as const
export type GroupBy = (typeof GROUPS)[number][0]

export type OverviewSearch = RangeSearch & { by?: GroupBy }

export function parseOverviewSearch(search: Record<string, unknown>): OverviewSearch {
  const found: OverviewSearch = parseRange(search)
  const by = GROUPS.find(([key]) => key === search['by'])?.[0]
  if (by && by !== 'model') found.by = by
  return found
}
