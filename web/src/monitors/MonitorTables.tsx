/** The lists of a monitor's page. */

import type { MonitorEvaluation, MonitorGroup, MonitorNotification, MonitorTransition } from '../api/types'
import { formatMoment, formatMomentFully } from '../format/times'
import { Badge, Panel } from '../ui/parts'
import { StateBadge } from './StateBadge'

const SHOWN_GROUPS = 100
const CELL = 'px-3.5 py-1.5 whitespace-nowrap'

const formatNumber = (value: number | null): string => (value === null ? '–' : String(Number(value.toPrecision(5))))

function Moment({ iso }: { iso: string | null }) {
  return iso ? <time title={formatMomentFully(iso)}>{formatMoment(iso)}</time> : <span className="text-faint">never</span>
}

/** latest: has the newest values; a group itself keeps the one of its last change. */
export function Groups({ groups, latest }: { groups: MonitorGroup[]; latest: MonitorEvaluation | undefined }) {
  const newest = new Map(latest?.groups.map((one) => [one.group, one.value]))
  if (!groups.length || (groups.length === 1 && groups[0]!.group === '*')) return null
  return (
    <Panel className="mb-3 overflow-x-auto">
      <table className="w-full text-[13px]">
        <caption className="px-3.5 pt-2.5 text-left font-semibold">
          Groups <span className="num font-normal text-faint">{groups.length > SHOWN_GROUPS ? `the most worrying ${SHOWN_GROUPS} of ${groups.length === 1000 ? 'at least 1,000' : groups.length}` : groups.length}</span>
        </caption>
        <thead>
          <tr className="border-b border-line text-left text-xs text-soft">
            {['State', 'Group', 'Value', 'Since', 'Last triggered', 'Last data'].map((title) => (
              <th key={title} scope="col" className={`${CELL} font-medium ${title === 'Value' ? 'text-right' : ''}`}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {groups.slice(0, SHOWN_GROUPS).map((one) => (
            <tr key={one.group} className="border-b border-line last:border-0">
              <td className={CELL}>
                <StateBadge state={one.state} />
              </td>
              <th scope="row" className="max-w-0 w-full truncate px-3.5 py-1.5 text-left font-medium" title={one.group}>
                {one.group}
              </th>
              <td className={`${CELL} num text-right`}>{formatNumber(newest.has(one.group) ? newest.get(one.group)! : one.value)}</td>
              <td className={`${CELL} num text-soft`}>
                <Moment iso={one.since} />
              </td>
              <td className={`${CELL} num text-soft`}>
                <Moment iso={one.last_triggered} />
              </td>
              <td className={`${CELL} num text-soft`}>
                <Moment iso={one.last_data} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}

export function Changes({ transitions }: { transitions: MonitorTransition[] }) {
  return (
    <Panel className="min-w-0 p-3">
      <h2 className="mb-2 text-[13px] font-semibold">Changes of state</h2>
      {!transitions.length && <p className="text-[13px] text-soft">None in this range.</p>}
      <ul className="max-h-80 space-y-2 overflow-auto text-[13px]">
        {transitions.map((one) => (
          <li key={`${one.time} ${one.group} ${one.kind}`}>
            <span className="flex flex-wrap items-center gap-2">
              <span className="num text-soft">
                <Moment iso={one.time} />
              </span>
              <StateBadge state={one.before} /> <span className="text-faint">→</span> <StateBadge state={one.after} />
              {one.group !== '*' && <span className="truncate font-medium">{one.group}</span>}
              {one.kind === 'renotify' && <Badge>again</Badge>}
            </span>
            <span className="block break-words text-soft">{one.reason}</span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

export function Notifications({ notifications }: { notifications: MonitorNotification[] }) {
  return (
    <Panel className="min-w-0 p-3">
      <h2 className="mb-2 text-[13px] font-semibold">Notifications</h2>
      {!notifications.length && <p className="text-[13px] text-soft">Nothing was told yet.</p>}
      <ul className="max-h-80 space-y-1.5 overflow-auto text-[13px]">
        {notifications.map((one) => (
          <li key={one.id}>
            <details>
              <summary className="flex flex-wrap items-center gap-2">
                <span className="num text-soft">
                  <Moment iso={one.time} />
                </span>
                <span className="min-w-0 font-medium break-words">{one.title}</span>
                {one.muted_by && <Badge title={`by the downtime ${one.muted_by}`}>muted</Badge>}
                {!one.muted_by && !one.delivered_at && <Badge tone="warn">waiting</Badge>}
              </summary>
              <p className="mt-1 flex flex-wrap gap-1">
                {one.handles.map((handle) => (
                  <Badge key={handle}>@{handle}</Badge>
                ))}
              </p>
              <pre className="mt-1 text-[13px] whitespace-pre-wrap text-soft">{one.body}</pre>
            </details>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
