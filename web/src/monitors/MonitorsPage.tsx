/** All monitors, the most worrying first. */

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { getMonitors } from '../api/client'
import type { MonitorHead, MonitorList } from '../api/types'
import { formatAge } from '../format/times'
import { LiveMark } from '../ui/LiveMark'
import { Badge, ErrorNote, Panel } from '../ui/parts'
import { Feed } from './Feed'
import { NameText } from './NameText'
import { plainName } from './names'
import { filterMonitors, type MonitorSearch, STATES } from './search'
import { StateBadge } from './StateBadge'

const REFRESH_MS = 3_000
const route = getRouteApi('/monitors')

export function MonitorsPage() {
  const search = route.useSearch()
  const query = useQuery({ queryKey: ['monitors'], queryFn: ({ signal }) => getMonitors(signal), refetchInterval: REFRESH_MS })
  return (
    <div className="mx-auto max-w-[1500px] p-4">
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <h1 className="mr-auto flex items-center gap-3 text-base font-semibold">
          Monitors <LiveMark live failing={query.isError} />
        </h1>
        <Filters search={search} list={query.data} />
      </div>
      {query.isError && <ErrorNote error={query.error} retry={() => void query.refetch()} />}
      {query.data && (
        <div className="grid items-start gap-3 xl:grid-cols-[minmax(0,1fr)_340px]">
          <List monitors={filterMonitors(query.data.monitors, search)} all={query.data.monitors.length} />
          <Feed monitors={query.data.monitors} />
        </div>
      )}
      {query.isPending && <Panel className="h-96 animate-pulse" aria-busy="true" aria-label="Loading" />}
    </div>
  )
}

function Filters({ search, list }: { search: MonitorSearch; list: MonitorList | undefined }) {
  const navigate = route.useNavigate()
  const change = (next: MonitorSearch) => void navigate({ search: (now) => ({ ...now, ...next }), replace: true })
  return (
    <>
      <div role="group" aria-label="State" className="flex flex-wrap gap-1.5">
        {STATES.filter((state) => list?.counts[state] || search.state === state).map((state) => (
          <button
            key={state}
            type="button"
            aria-pressed={search.state === state}
            className={`inline-flex items-center gap-1.5 rounded-md border px-1.5 py-1 ${search.state === state ? 'border-accent' : 'border-line hover:bg-raised'}`}
            onClick={() => change({ state: search.state === state ? undefined : state })}
          >
            <StateBadge state={state} /> <span className="num text-[13px]">{list?.counts[state] ?? 0}</span>
          </button>
        ))}
      </div>
      <input
        type="search"
        aria-label="Search monitors"
        placeholder="Name, query, tag"
        value={search.q ?? ''}
        onChange={(event) => change({ q: event.target.value || undefined })}
        className="h-8 w-64 max-w-full rounded-md border border-line bg-panel px-2.5 text-[13px]"
      />
    </>
  )
}

function List({ monitors, all }: { monitors: MonitorHead[]; all: number }) {
  if (!monitors.length) {
    return <Panel className="p-10 text-center text-soft">{all ? 'No monitor fits these filters.' : 'There are no monitors. The server loads the default pack when it first starts.'}</Panel>
  }
  return (
    <Panel className="overflow-x-auto">
      <table className="w-full text-[13px]">
        <caption className="sr-only">Monitors</caption>
        <thead>
          <tr className="border-b border-line text-left text-xs text-soft">
            <th scope="col" className="w-24 px-3.5 py-2 font-medium">
              State
            </th>
            <th scope="col" className="px-2 py-2 font-medium">
              Monitor
            </th>
            <th scope="col" className="px-2 py-2 font-medium max-md:hidden">
              Type
            </th>
            <th scope="col" className="px-3.5 py-2 text-right font-medium whitespace-nowrap max-sm:hidden">
              Evaluated
            </th>
          </tr>
        </thead>
        <tbody>
          {monitors.map((one) => (
            <Row key={one.id} monitor={one} />
          ))}
        </tbody>
      </table>
    </Panel>
  )
}

function Row({ monitor }: { monitor: MonitorHead }) {
  return (
    <tr className="border-b border-line last:border-0 hover:bg-raised/60">
      <td className="px-3.5 py-2 align-top">
        <StateBadge state={monitor.state} />
      </td>
      <th scope="row" className="w-full max-w-0 px-2 py-2 text-left font-normal">
        <span className="flex items-baseline gap-2">
          {monitor.priority && <Badge title="Priority">P{monitor.priority}</Badge>}
          <Link to="/monitors/$monitorId" params={{ monitorId: String(monitor.id) }} title={plainName(monitor.name)} className="truncate font-medium hover:text-accent hover:underline">
            <NameText name={monitor.name} />
          </Link>
        </span>
        <code className="block truncate text-xs text-faint" title={monitor.query}>
          {monitor.query}
        </code>
      </th>
      <td className="px-2 py-2 align-top whitespace-nowrap text-soft max-md:hidden">{monitor.type}</td>
      <td className="num px-3.5 py-2 text-right align-top max-sm:hidden whitespace-nowrap text-soft">{monitor.evaluated_at ? formatAge(monitor.evaluated_at, Date.now()) : 'not yet'}</td>
    </tr>
  )
}
