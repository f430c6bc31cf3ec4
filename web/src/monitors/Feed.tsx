/** The last changes of state of all monitors. */

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { getTransitions } from '../api/client'
import type { MonitorHead } from '../api/types'
import { formatAge, formatMomentFully } from '../format/times'
import { ErrorNote, Panel } from '../ui/parts'
import { NameText } from './NameText'
import { StateBadge } from './StateBadge'

const REFRESH_MS = 3_000
const SHOWN = 20

export function Feed({ monitors }: { monitors: readonly MonitorHead[] }) {
  const query = useQuery({ queryKey: ['transitions', 'all'], queryFn: ({ signal }) => getTransitions({ from: '30d', limit: SHOWN }, signal), refetchInterval: REFRESH_MS })
  const names = new Map(monitors.map((one) => [one.id, one.name]))
  return (
    <Panel className="min-w-0 p-3" aria-label="Latest changes">
      <h2 className="mb-2 text-[13px] font-semibold">Latest changes</h2>
      {query.isError && <ErrorNote error={query.error} />}
      {query.data?.transitions.length === 0 && <p className="text-[13px] text-soft">No monitor has changed its state yet.</p>}
      <ul className="space-y-2.5 text-[13px]">
        {query.data?.transitions.map((one) => (
          <li key={`${one.monitor_id} ${one.group} ${one.time} ${one.kind}`}>
            <span className="flex items-center gap-1.5">
              <StateBadge state={one.before} /> <span className="text-faint">→</span> <StateBadge state={one.after} />
              <time title={formatMomentFully(one.time)} className="num ml-auto text-xs whitespace-nowrap text-faint">
                {formatAge(one.time, Date.now())}
              </time>
            </span>
            <Link to="/monitors/$monitorId" params={{ monitorId: String(one.monitor_id) }} className="mt-0.5 block truncate font-medium hover:text-accent hover:underline">
              <NameText name={names.get(one.monitor_id) ?? `monitor ${one.monitor_id}, deleted`} />
            </Link>
            <span className="block truncate text-xs text-soft" title={`${one.group === '*' ? '' : `${one.group}: `}${one.reason}`}>
              {one.group !== '*' && <b className="font-medium">{one.group} </b>}
              {one.reason}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
