/** A runbook: what failed, why, what next. */

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ChevronLeft } from 'lucide-react'
import { type ComponentProps } from 'react'
import Markdown from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { getRunbook } from '../api/client'
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
      {query.data && (
        <Panel className="prose p-5">
          <Markdown remarkPlugins={[remarkGfm]} components={{ a: RunbookLink }}>
            {query.data.text}
          </Markdown>
        </Panel>
      )}
    </div>
  )
}

const SIBLING = /^([\w-]+)\.md$/

/** Links between runbooks are links between files, so that they also work where the files are read. */
function RunbookLink({ href = '', children }: ComponentProps<'a'>) {
  const sibling = SIBLING.exec(href)
  if (sibling) {
    return (
      <Link to="/runbooks/$name" params={{ name: sibling[1]! }}>
        {children}
      </Link>
    )
  }
  return (
    <a href={href} rel="noreferrer">
      {children}
    </a>
  )
}
