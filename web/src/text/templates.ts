/** Datadog's template tags within Markdown: left visible, but quiet. A plugin of rehype. */

interface Node {
  type: string
  value?: string
  tagName?: string
  properties?: Record<string, unknown>
  children?: Node[]
}

const TAG = /(\{\{[^{}]*\}\})/

export function quietTemplates(): (tree: Node) => void {
  return visit
}

function visit(node: Node): void {
  if (!node.children || node.tagName === 'code') return
  node.children = node.children.flatMap((child) => (child.type === 'text' ? split(child.value ?? '') : [child]))
  for (const child of node.children) if (child.properties?.['className'] !== 'template') visit(child)
}

const split = (text: string): Node[] =>
  text
    .split(TAG)
    .filter(Boolean)
    .map((part): Node => (TAG.test(part) ? { type: 'element', tagName: 'span', properties: { className: 'template' }, children: [{ type: 'text', value: part }] } : { type: 'text', value: part }))

/** A link without the parameters that only a notification fills in; '' when its path needs one. */
export function withoutTemplates(href: string): string {
  const plain = href.replace(/%7B/gi, '{').replace(/%7D/gi, '}')
  if (!plain.includes('{{')) return href
  const [path = '', query = ''] = plain.split('?')
  if (path.includes('{{')) return ''
  const kept = query.split('&').filter((one) => !one.includes('{{'))
  return kept.length ? `${path}?${kept.join('&')}` : path
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/** The path within this app that a link leads to; '' when it leads elsewhere. Messages name the app by its first address. */
export function ownPath(href: string, here: { origin: string; hostname: string }): string {
  let target: URL
  try {
    target = new URL(href, here.origin)
  } catch {
    return ''
  }
  const same = target.origin === here.origin || (LOOPBACK.has(target.hostname) && LOOPBACK.has(here.hostname))
  return same && /^\/(runbooks|traces|monitors|slos)(\/|$)/.test(target.pathname) ? target.pathname + target.search : ''
}
