/** Dark or light: what was chosen, else what the system says. */

import { useSyncExternalStore } from 'react'

export type Theme = 'dark' | 'light'

const KEY = 'lrcp-theme'
const listeners = new Set<() => void>()
const system = matchMedia('(prefers-color-scheme: dark)')

const current = (): Theme => (document.documentElement.dataset['theme'] === 'dark' ? 'dark' : 'light')

function saved(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}

function apply(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme
  listeners.forEach((tell) => tell())
}

system.addEventListener('change', () => {
  if (!saved()) apply(system.matches ? 'dark' : 'light')
})

/** Choose a theme; choosing what the system says anyway means following the system again. */
export function chooseTheme(theme: Theme): void {
  try {
    if ((theme === 'dark') === system.matches) localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, theme)
  } catch {
    // Storage is blocked: the choice holds until the page is left.
  }
  apply(theme)
}

export function useTheme(): Theme {
  return useSyncExternalStore((tell) => {
    listeners.add(tell)
    return () => listeners.delete(tell)
  }, current)
}
