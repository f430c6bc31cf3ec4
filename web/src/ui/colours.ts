/** Colours of series and of span kinds, distinct in both themes and for most colour-blind eyes. */

const SERIES = {
  light: ['#5b4be0', '#0f8b8d', '#d9822b', '#c2417c', '#3a7bd5', '#6a8f1f', '#8a5a2b', '#7a7d95'],
  dark: ['#9d91ff', '#3fc5c0', '#f0a95b', '#f07fb2', '#74acf5', '#aacb55', '#c99a68', '#a3a6bd'],
} as const

function hash(text: string): number {
  let value = 2166136261
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 16777619)
  return value >>> 0
}

/** A colour for each key; a key keeps its colour as long as the keys before it (by name) leave it free. */
export function seriesColours(keys: readonly string[], theme: 'light' | 'dark'): Map<string, string> {
  const palette = SERIES[theme]
  const taken = new Set<number>()
  const colours = new Map<string, string>()
  for (const key of [...keys].sort()) {
    let slot = hash(key) % palette.length
    while (taken.has(slot) && taken.size < palette.length) slot = (slot + 1) % palette.length
    taken.add(slot)
    colours.set(key, palette[slot]!)
  }
  return colours
}

const KINDS: Record<string, readonly [light: string, dark: string]> = {
  llm: ['#5b4be0', '#9d91ff'],
  embedding: ['#3a7bd5', '#74acf5'],
  agent: ['#c2417c', '#f07fb2'],
  workflow: ['#a0522d', '#e0986c'],
  tool: ['#0f8b8d', '#3fc5c0'],
  task: ['#6a8f1f', '#aacb55'],
  retrieval: ['#b9770e', '#f0b95b'],
}
const OTHER_KIND = ['#7a7d95', '#8f93ab'] as const

export const kindColour = (kind: string, theme: 'light' | 'dark'): string => (KINDS[kind] ?? OTHER_KIND)[theme === 'dark' ? 1 : 0]
