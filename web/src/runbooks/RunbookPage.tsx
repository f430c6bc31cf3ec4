/** A runbook: what failed, why, what next. */

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ChevronLeft } from 'lucide-react'
import { getRunbook } from '../api/client'
import { MarkdownText } from '../text/MarkdownText'
import { ErrorNote, Panel } from '../ui/parts'

const route = getRouteApi('/runbooks/$name')

export function RunbookPage() {
  const { name } = route.useParams()
  const query = useQuery({ queryKey: ['runbook', name], queryFn: ({ signal }) => getRunbook(name, signal) })
  return (
    <div className="mx-auto max-w-4xl p-4">
      <Link to="/monitors" className="mb-2 inline-flex items-center gap-1 text-[13px] text-soft hover:text-ink">
        <ChevronLeft size={14} /> Monitors
      </Link>
      {query.isError && <ErrorNote error={query.error} retry={() => void query.refetch()} />}
      {query.isPending && <Panel className="h-96 animate-pulse" aria-busy="true" aria-label="Loading" />}
      {query.data && (
        <Panel className="p-5">
          <MarkdownText text={query.data.text} />
        </Panel>
      )}
    </div>
  )
}
