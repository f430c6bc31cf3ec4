import { expect, test } from 'vitest'
import { ownPath, quietTemplates, withoutTemplates } from './templates'

test('tags become spans, words around them stay', () => {
  const tree = { type: 'root', children: [{ type: 'element', tagName: 'p', children: [{ type: 'text', value: '{{#is_alert}}It takes {{value}} s' }] }] }
  quietTemplates()(tree)
  const made = tree.children[0]!.children as { type: string; value?: string; children?: { value: string }[] }[]
  expect(made.map((one) => one.value ?? one.children![0]!.value)).toEqual(['{{#is_alert}}', 'It takes ', '{{value}}', ' s'])
  expect(made.map((one) => one.type)).toEqual(['element', 'text', 'element', 'text'])
})

test.each([
  ['/traces?service=%7B%7Bservice.name%7D%7D&sort=duration', '/traces?sort=duration'],
  ['/traces?service=%7B%7Bservice.name%7D%7D', '/traces'],
  ['/hosts/%7B%7Bhost.name%7D%7D', ''],
  ['/runbooks/slow', '/runbooks/slow'],
  ['/a%?b=%7b%7bc%7d%7d&d=100%', '/a%?d=100%'],
])('%s leads to "%s" until a notification fills it in', (href, plain) => {
  expect(withoutTemplates(href)).toBe(plain)
})

const HERE = { origin: 'http://localhost:8000', hostname: 'localhost' }
test.each([
  ['http://127.0.0.1:8000/runbooks/slow', '/runbooks/slow'],
  ['/traces?sort=duration', '/traces?sort=duration'],
  ['http://example.org/runbooks/slow', ''],
  ['http://localhost:8000/docs', ''],
  ['http://', ''],
])('%s is the page "%s" of this app', (href, path) => {
  expect(ownPath(href, HERE)).toBe(path)
})
