/** What a monitor has to do with: the parts of a composite, the SLO of an alert, the traces of its service. */

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ListTree, Target } from 'lucide-react'
import { getMonitors } from '../api/client'
import type { MonitorHead } from '../api/types'
import type { RangeSearch } from '../format/ranges'
import { Panel } from '../ui/parts'
import { NameText } from './NameText'
import { partsOf, serviceOf, sloOf } from './names'
import { StateBadge } from './StateBadge'

const REFRESH_MS = 3_000
const LINK = 'inline-flex items-center gap-1 hover:text-accent hover:underline'

export function RelatedLinks({ monitor, range }: { monitor: MonitorHead; range: RangeSearch }) {
  const slo = sloOf(monitor.type, monitor.query)
  const service = [monitor.query, ...monitor.tags].map(serviceOf).find(Boolean)
  return (
    <>
      {slo && (
        <Link to="/slos/$sloId" params={{ sloId: slo }} className={LINK}>
          <Target size={13} /> its SLO
        </Link>
      )}
      {service && (
        <Link to="/traces" search={{ ...range, service }} className={LINK}>
          <ListTree size={13} /> traces of {service}
        </Link>
      )}
    </>
  )
}

/** The monitors that a composite is made of. */
export function CompositeParts({ monitor }: { monitor: MonitorHead }) {
  const ids = partsOf(monitor.type, monitor.query)
  const query = useQuery({ queryKey: ['monitors'], queryFn: ({ signal }) => getMonitors(signal), refetchInterval: REFRESH_MS, enabled: ids.length > 0 })
  if (!ids.length) return null
  const known = new Map(query.data?.monitors.map((one) => [String(one.id), one]))
  return (
    <Panel className="mb-3 p-3" aria-label="Parts">
      <h2 className="mb-2 text-[13px] font-semibold">Made of</h2>
      <ul className="space-y-1.5 text-[13px]">
        {ids.map((id) => {
          const part = known.get(id)
          return (
            <li key={id} className="flex items-center gap-2">
              {part && <StateBadge state={part.state} />}
              <span className="num text-faint">{id}</span>
              {part ? (
                <Link to="/monitors/$monitorId" params={{ monitorId: id }} className="truncate font-medium hover:text-accent hover:underline">
                  <NameText name={part.name} />
                </Link>
              ) : (
                <span className="text-soft">{query.data ? 'is no more' : ''}</span>
              )}
            </li>
          )
        })}
      </ul>
    </Panel>
  )
}
