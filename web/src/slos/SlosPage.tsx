/** All SLOs with their error budgets, the most worrying first. */

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { getSlos } from '../api/client'
import type { SloHead } from '../api/types'
import { LiveMark } from '../ui/LiveMark'
import { Badge, ErrorNote, Panel } from '../ui/parts'
import { BudgetBar, formatSli, SloBadge } from './parts'
import { filterSlos } from './search'

const REFRESH_MS = 10_000
const route = getRouteApi('/slos')

export function SlosPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const query = useQuery({ queryKey: ['slos'], queryFn: ({ signal }) => getSlos(signal), refetchInterval: REFRESH_MS })
  return (
    <div className="mx-auto max-w-[1500px] p-4">
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <h1 className="mr-auto flex items-center gap-3 text-base font-semibold">
          SLOs <LiveMark live failing={query.isError} />
        </h1>
        <input
          type="search"
          aria-label="Search SLOs"
          placeholder="Name, type, tag"
          value={search.q ?? ''}
          onChange={(event) => void navigate({ search: { q: event.target.value || undefined }, replace: true })}
          className="h-8 w-64 rounded-md border border-line bg-panel px-2.5 text-[13px]"
        />
      </div>
      {query.isError && <ErrorNote error={query.error} retry={() => void query.refetch()} />}
      {query.data ? <List slos={filterSlos(query.data.slos, search)} all={query.data.slos.length} /> : !query.isError && <Panel className="h-64 animate-pulse" aria-busy="true" aria-label="Loading" />}
    </div>
  )
}

const COLUMNS = [
  ['State', 'max-sm:hidden'],
  ['SLO', ''],
  ['Timeframe', ''],
  ['Target', 'text-right max-sm:hidden'],
  ['Now', 'text-right'],
  ['Error budget left', ''],
] as const

function List({ slos, all }: { slos: SloHead[]; all: number }) {
  if (!slos.length) {
    return <Panel className="p-10 text-center text-soft">{all ? 'No SLO fits these words.' : 'There are no SLOs. The server loads the default pack when it first starts; more are made at /api/v1/slo.'}</Panel>
  }
  return (
    <Panel className="overflow-x-auto">
      <table className="w-full text-[13px]">
        <caption className="sr-only">SLOs</caption>
        <thead>
          <tr className="border-b border-line text-left text-xs text-soft">
            {COLUMNS.map(([title, look]) => (
              <th key={title} scope="col" className={`px-3.5 py-2 font-medium max-sm:px-2 ${look}`}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        {slos.map((one) => (
          <Rows key={one.id} slo={one} />
        ))}
      </table>
    </Panel>
  )
}

/** One SLO: a row a timeframe. */
function Rows({ slo }: { slo: SloHead }) {
  const rows = Math.max(1, slo.targets.length)
  return (
    <tbody className="border-b border-line last:border-0 hover:bg-raised/60">
      {(slo.targets.length ? slo.targets : [undefined]).map((target, at) => (
        <tr key={target?.timeframe ?? ''}>
          {at === 0 && <NameCells slo={slo} rows={rows} />}
          <td className="num px-3.5 py-1.5 whitespace-nowrap text-soft max-sm:px-2">{target?.timeframe}</td>
          <td className="num px-3.5 py-1.5 text-right whitespace-nowrap text-soft max-sm:hidden">{target && `${target.target_percent} %`}</td>
          <td className="num px-3.5 py-1.5 text-right font-medium whitespace-nowrap max-sm:px-2">{formatSli(target?.sli_percent ?? null)}</td>
          <td className="px-3.5 py-1.5 max-sm:px-2">{target && <BudgetBar target={target} />}</td>
        </tr>
      ))}
    </tbody>
  )
}

function NameCells({ slo, rows }: { slo: SloHead; rows: number }) {
  return (
    <>
      <td rowSpan={rows} className="px-3.5 py-2 align-top max-sm:hidden">
        <SloBadge state={slo.state} title={slo.error} />
      </td>
      <th scope="rowgroup" rowSpan={rows} className="w-full px-3.5 py-1.5 text-left align-top font-normal max-sm:px-2">
        <span className="mb-1 block sm:hidden">
          <SloBadge state={slo.state} />
        </span>
        <Link to="/slos/$sloId" params={{ sloId: slo.id }} className="font-medium hover:text-accent hover:underline">
          {slo.name}
        </Link>
        <span className="mt-0.5 flex flex-wrap items-center gap-1.5 text-xs text-faint">
          {slo.type.replace('_', ' ')}
          <span className="flex flex-wrap gap-1 max-md:hidden">
            {slo.tags.map((tag) => (
              <Badge key={tag}>{tag}</Badge>
            ))}
          </span>
        </span>
        {slo.error && <span className="block text-xs break-words text-warn">{slo.error}</span>}
      </th>
    </>
  )
}
