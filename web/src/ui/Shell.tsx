/** The frame of every page. */

import { Link, Outlet } from '@tanstack/react-router'
import { Activity, BellRing, BookOpen, ListTree, Moon, Sun, Target } from 'lucide-react'
import { IconButton } from './parts'
import { chooseTheme, useTheme } from './theme'

const NAV = 'flex items-center gap-1.5 rounded-md px-2.5 py-1.5 text-[13px] text-soft hover:bg-raised hover:text-ink'
const ACTIVE = 'bg-raised font-medium text-ink!'

export function Shell() {
  const theme = useTheme()
  const other = theme === 'dark' ? 'light' : 'dark'
  return (
    <div className="flex h-full flex-col">
      <a href="#main" className="sr-only rounded bg-panel px-3 py-2 focus:not-sr-only focus:absolute focus:z-50">
        Skip to the content
      </a>
      <header className="flex h-12 shrink-0 items-center gap-1 border-b border-line bg-panel px-4">
        <Link to="/" className="mr-3 flex items-center gap-2 font-semibold tracking-tight" aria-label="LRCP, to the overview">
          <img src="/icon.svg" alt="" width={22} height={22} />
          <span className="max-sm:hidden">LRCP</span>
        </Link>
        <nav aria-label="Main" className="flex gap-1">
          <Link to="/" className={NAV} activeProps={{ className: ACTIVE }} activeOptions={{ exact: true, includeSearch: false }}>
            <Activity size={15} /> <span className="max-sm:sr-only">Overview</span>
          </Link>
          <Link to="/traces" className={NAV} activeProps={{ className: ACTIVE }} activeOptions={{ includeSearch: false }}>
            <ListTree size={15} /> <span className="max-sm:sr-only">Traces</span>
          </Link>
          <Link to="/monitors" className={NAV} activeProps={{ className: ACTIVE }} activeOptions={{ includeSearch: false }}>
            <BellRing size={15} /> <span className="max-sm:sr-only">Monitors</span>
          </Link>
          <Link to="/slos" className={NAV} activeProps={{ className: ACTIVE }} activeOptions={{ includeSearch: false }}>
            <Target size={15} /> <span className="max-sm:sr-only">SLOs</span>
          </Link>
        </nav>
        <div className="ml-auto flex items-center gap-1">
          <a href="/docs" className={NAV}>
            <BookOpen size={15} /> <span className="max-sm:sr-only">API reference</span>
          </a>
          <IconButton label={`Switch to the ${other} theme`} onClick={() => chooseTheme(other)}>
            {theme === 'dark' ? <Sun size={16} /> : <Moon size={16} />}
          </IconButton>
        </div>
      </header>
      <main id="main" tabIndex={-1} className="min-h-0 flex-1 overflow-auto outline-none">
        <Outlet />
      </main>
    </div>
  )
}
