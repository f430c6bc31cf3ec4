import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link, RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiProblem } from './api/client'
import { parseRange } from './format/ranges'
import { MonitorPage } from './monitors/MonitorPage'
import { MonitorsPage } from './monitors/MonitorsPage'
import { parseMonitorSearch } from './monitors/search'
import { OverviewPage } from './overview/OverviewPage'
import { parseOverviewSearch } from './overview/search'
import { parseSloListSearch, parseSloSearch } from './slos/search'
import { SloPage } from './slos/SloPage'
import { SlosPage } from './slos/SlosPage'
import './styles.css'
import { parseTraceSearch } from './traces/filters'
import { TracePage } from './traces/TracePage'
import { TracesPage } from './traces/TracesPage'
import { Shell } from './ui/Shell'

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound })
const routes = [
  createRoute({ getParentRoute: () => root, path: '/', component: OverviewPage, validateSearch: parseOverviewSearch }),
  createRoute({ getParentRoute: () => root, path: '/traces', component: TracesPage, validateSearch: parseTraceSearch }),
  createRoute({
    getParentRoute: () => root,
    path: '/traces/$traceId',
    component: TracePage,
    validateSearch: (search: Record<string, unknown>): { span?: string } => (search['span'] ? { span: String(search['span']) } : {}),
  }),
  createRoute({ getParentRoute: () => root, path: '/monitors', component: MonitorsPage, validateSearch: parseMonitorSearch }),
  createRoute({ getParentRoute: () => root, path: '/monitors/$monitorId', component: MonitorPage, validateSearch: parseRange }),
  createRoute({ getParentRoute: () => root, path: '/runbooks/$name', component: lazyRouteComponent(() => import('./runbooks/RunbookPage'), 'RunbookPage') }),
  createRoute({ getParentRoute: () => root, path: '/slos', component: SlosPage, validateSearch: parseSloListSearch }),
  createRoute({ getParentRoute: () => root, path: '/slos/$sloId', component: SloPage, validateSearch: parseSloSearch }),
] as const

const router = createRouter({
  routeTree: root.addChildren([...routes]),
  scrollRestoration: true,
  // Plain words in the URL: no JSON quotes around values that look like numbers.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const given = Object.entries(search).filter(([, value]) => value !== undefined && value !== '')
    const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
    return query ? `?${query}` : ''
  },
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 1_000,
      retry: (count, error) => count < 2 && !(error instanceof ApiProblem && error.status >= 400 && error.status < 500 && error.status !== 429),
      refetchOnWindowFocus: false,
    },
  },
})

function NotFound() {
  return (
    <div className="p-16 text-center">
      <h1 className="text-lg font-semibold">There is no page here</h1>
      <Link to="/" className="text-accent underline">
        To the overview
      </Link>
    </div>
  )
}

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
)
