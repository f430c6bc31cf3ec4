/** The list of traces: search, filters in the URL, pages that load as one scrolls. */

import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { getTraces } from '../api/client'
import { isLive } from '../format/ranges'
import { LiveMark } from '../ui/LiveMark'
import { Button, ErrorNote } from '../ui/parts'
import { RangePicker } from '../ui/RangePicker'
import { FilterBar } from './FilterBar'
import { traceQuery, type TraceSearch } from './filters'
import { TraceList } from './TraceList'

const REFRESH_MS = 3_000
const route = getRouteApi('/traces')

export function TracesPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const change = useCallback(
    (next: Partial<TraceSearch>) => void navigate({ to: '/traces', search: (now) => ({ ...now, ...next }) as TraceSearch, replace: true }),
    [navigate],
  )
  const query = useTraces(search)
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.traces) ?? [], [query.data])
  const open = useCallback((traceId: string) => void navigate({ to: '/traces/$traceId', params: { traceId } }), [navigate])
  // By id: new traces at the top must not move the choice to another one.
  const [chosenId, choose] = useState('')
  const chosen = useMemo(() => rows.findIndex((row) => row.trace_id === chosenId), [rows, chosenId])
  const chooseAt = useCallback((at: number) => rows[at] && choose(rows[at].trace_id), [rows])
  useListKeys(rows.length, chosen, chooseAt, () => open(chosenId))
  const more = useCallback(() => {
    if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage()
  }, [query])
  return (
    <div className="flex h-full min-w-0 flex-col">
      <div className="flex shrink-0 flex-wrap items-center gap-2 px-4 pt-4 pb-3">
        <h1 className="mr-auto flex items-center gap-3 text-base font-semibold">
          Traces <LiveMark live={query.follows} failing={query.isError} />
        </h1>
        <RangePicker range={search} onChange={change} />
      </div>
      <FilterBar search={search} onChange={change} />
      {query.isError && (
        <div className="px-4 pb-3">
          <ErrorNote error={query.error} retry={() => void query.refetch()} />
        </div>
      )}
      <TraceList rows={rows} chosen={chosen} onChoose={choose} onEnd={more} loading={query.isLoading} stale={query.isPlaceholderData}>
        {query.isFetchingNextPage ? 'Loading more…' : query.hasNextPage ? <Button onClick={more}>Load more</Button> : rows.length > 0 ? `${rows.length} traces, no more in this range` : ''}
      </TraceList>
    </div>
  )
}

function useTraces(search: TraceSearch) {
  const [paged, setPaged] = useState(false)
  // New traces come in at the top only while one looks at the first page; further pages stay put.
  const follows = isLive(search) && !paged && (search.sort ?? 'time') === 'time'
  const query = useInfiniteQuery({
    queryKey: ['traces', search],
    queryFn: ({ pageParam, signal }) => getTraces(traceQuery(search, pageParam), signal),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: follows ? REFRESH_MS : false,
  })
  const pages = query.data?.pages.length ?? 0
  useEffect(() => setPaged(pages > 1), [pages])
  return { ...query, follows }
}

/** j, k and the arrows move, Enter opens, / goes to the search. */
function useListKeys(count: number, chosen: number, choose: (at: number) => void, open: () => void): void {
  const latest = useRef({ count, chosen, choose, open })
  useEffect(() => {
    latest.current = { count, chosen, choose, open }
  })
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey) return
      const target = event.target as HTMLElement
      if (target.closest('input, textarea, select, [role=menu], [role=dialog]')) return
      const now = latest.current
      if (event.key === 'j' || event.key === 'ArrowDown') now.choose(Math.min(now.count - 1, now.chosen + 1))
      else if (event.key === 'k' || event.key === 'ArrowUp') now.choose(Math.max(0, now.chosen - 1))
      else if (event.key === 'Enter' && now.chosen >= 0 && !target.closest('button, a')) now.open()
      else if (event.key === '/') document.getElementById('trace-search')?.focus()
      else return
      event.preventDefault()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [])
}
