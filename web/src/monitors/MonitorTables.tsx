/** The lists of a monitor's page. */

import { Link } from '@tanstack/react-router'
import { BellOff, ListTree } from 'lucide-react'
import { useState } from 'react'
import type { MonitorEvaluation, MonitorGroup, MonitorNotification, MonitorTransition } from '../api/types'
import { formatMoment, formatMomentFully } from '../format/times'
import type { RangeSearch } from '../format/ranges'
import { LazyMarkdown } from '../text/LazyMarkdown'
import { Badge, IconButton, Panel } from '../ui/parts'
import { MuteMenu } from './Muting'
import { NameText } from './NameText'
import { serviceOf } from './names'
import { StateBadge } from './StateBadge'

const SHOWN_GROUPS = 100
const CELL = 'px-3.5 py-1.5 whitespace-nowrap max-sm:px-2'

const formatNumber = (value: number | null): string => (value === null ? '–' : String(Number(value.toPrecision(5))))

function Moment({ iso }: { iso: string | null }) {
  return iso ? <time title={formatMomentFully(iso)}>{formatMoment(iso)}</time> : <span className="text-faint">never</span>
}

/** latest: has the newest values; a group itself keeps the one of its last change. */
export function Groups({ monitorId, groups, latest, range }: { monitorId: number; groups: MonitorGroup[]; latest: MonitorEvaluation | undefined; range: RangeSearch }) {
  const [words, setWords] = useState('')
  const newest = new Map(latest?.groups.map((one) => [one.group, one.value]))
  if (!groups.length || (groups.length === 1 && groups[0]!.group === '*')) return null
  const found = groups.filter((one) => words.toLowerCase().split(/\s+/).every((word) => one.group.toLowerCase().includes(word)))
  return (
    <Panel className="mb-3 overflow-x-auto">
      <div className="flex flex-wrap items-center gap-2 px-3.5 pt-2.5">
        <h2 className="text-[13px] font-semibold">
          Groups <span className="num font-normal text-faint">{countOf(groups.length, found.length)}</span>
        </h2>
        {groups.length > SHOWN_GROUPS / 5 && (
          <input type="search" aria-label="Search groups" placeholder="Find a group" value={words} onChange={(event) => setWords(event.target.value)} className="ml-auto h-7 w-52 rounded-md border border-line bg-panel px-2 text-[13px]" />
        )}
      </div>
      <table className="w-full text-[13px]">
        <caption className="sr-only">Groups</caption>
        <thead>
          <tr className="border-b border-line text-left text-xs text-soft">
            {['State', 'Group', 'Value', 'Since', 'Last triggered', 'Last data'].map((title) => (
              <th key={title} scope="col" className={`${CELL} font-medium ${title === 'Value' ? 'text-right' : ''} ${title.startsWith('Last') ? 'max-md:hidden' : title === 'Since' ? 'max-sm:hidden' : ''}`}>
                {title}
              </th>
            ))}
            <th scope="col" className={CELL}>
              <span className="sr-only">What to do</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {found.slice(0, SHOWN_GROUPS).map((one) => (
            <GroupRow key={one.group} monitorId={monitorId} group={one} value={newest.has(one.group) ? newest.get(one.group)! : one.value} range={range} />
          ))}
        </tbody>
      </table>
    </Panel>
  )
}

function countOf(all: number, found: number): string {
  const whole = all === 1000 ? 'at least 1,000' : String(all)
  if (found > SHOWN_GROUPS) return `the most worrying ${SHOWN_GROUPS} of ${found === all ? whole : found}`
  return found === all ? whole : `${found} of ${whole}`
}

function GroupRow({ monitorId, group, value, range }: { monitorId: number; group: MonitorGroup; value: number | null; range: RangeSearch }) {
  const service = serviceOf(group.group)
  return (
    <tr className="border-b border-line last:border-0">
      <td className={CELL}>
        <StateBadge state={group.state} />
      </td>
      <th scope="row" className="w-full max-w-0 min-w-32 truncate px-3.5 max-sm:px-2 py-1.5 text-left font-medium" title={group.group}>
        {group.group}
      </th>
      <td className={`${CELL} num text-right`}>{formatNumber(value)}</td>
      <td className={`${CELL} num text-soft max-sm:hidden`}>
        <Moment iso={group.since} />
      </td>
      <td className={`${CELL} num text-soft max-md:hidden`}>
        <Moment iso={group.last_triggered} />
      </td>
      <td className={`${CELL} num text-soft max-md:hidden`}>
        <Moment iso={group.last_data} />
      </td>
      <td className="px-2 whitespace-nowrap">
        <span className="flex justify-end">
          {service && (
            <Link to="/traces" search={{ ...range, service }} aria-label={`Traces of ${service}`} title={`Traces of ${service}`} className="inline-flex size-7 items-center justify-center rounded-md text-soft hover:bg-raised hover:text-ink">
              <ListTree size={14} />
            </Link>
          )}
          <MuteMenu monitorId={monitorId} group={group.group}>
            <IconButton label={`Mute ${group.group}`} className="size-7!">
              <BellOff size={14} />
            </IconButton>
          </MuteMenu>
        </span>
      </td>
    </tr>
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
                <span className="min-w-0 font-medium break-words">
                  <NameText name={one.title} />
                </span>
                {one.muted_by && <Badge title={`by the downtime ${one.muted_by}`}>muted</Badge>}
                {!one.muted_by && !one.delivered_at && <Badge tone="warn">waiting</Badge>}
              </summary>
              <p className="mt-1 flex flex-wrap gap-1">
                {one.handles.map((handle) => (
                  <Badge key={handle}>@{handle}</Badge>
                ))}
              </p>
              <LazyMarkdown text={one.body} className="prose-message mt-1 text-soft" />
            </details>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
