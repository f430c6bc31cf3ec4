import { expect, test } from 'vitest'
import { parseMessages } from './messages'

test('plain text is one message of the given role', () => {
  expect(parseMessages('hello', 'user')).toEqual([{ role: 'user', text: 'hello', calls: [], name: '' }])
  expect(parseMessages('', 'user')).toEqual([])
})

test('messages keep role, text and tool calls, as LLM Observability sends them', () => {
  const text = JSON.stringify([
    { role: 'user', content: 'where?' },
    { role: 'assistant', content: '', tool_calls: [{ name: 'find', arguments: { id: 1 }, tool_id: 'c1' }] },
  ])
  const [first, second] = parseMessages(text, 'user')
  expect(first).toMatchObject({ role: 'user', text: 'where?' })
  expect(second?.calls).toEqual([{ name: 'find', arguments: '{\n  "id": 1\n}', id: 'c1' }])
})

test('OpenAI tool calls carry their arguments as text', () => {
  const [message] = parseMessages(JSON.stringify([{ role: 'assistant', tool_calls: [{ id: 'x', function: { name: 'f', arguments: '{"a":1}' } }] }]), '')
  expect(message?.calls).toEqual([{ name: 'f', arguments: '{\n  "a": 1\n}', id: 'x' }])
})

test('parts of a content become its text; images are named', () => {
  const [message] = parseMessages(JSON.stringify([{ role: 'user', content: [{ type: 'text', text: 'what is this?' }, { type: 'image_url', image_url: { url: 'x' } }] }]), '')
  expect(message?.text).toBe('what is this?\n[image]')
})

test('documents of a retrieval are listed by name', () => {
  expect(parseMessages(JSON.stringify([{ text: 'Returns are free.', name: 'returns.md', score: 0.9 }]), '')[0]).toMatchObject({ role: 'document', name: 'returns.md' })
})

test('other JSON is shown as it is, indented, and broken JSON as text', () => {
  expect(parseMessages('{"a":1}', 'output')[0]?.text).toBe('{\n  "a": 1\n}')
  expect(parseMessages('[{"role": "us', 'user')[0]?.text).toBe('[{"role": "us')
  expect(parseMessages('[1, 2]', '')[0]?.text).toBe('[\n  1,\n  2\n]')
})

test('markup stays text', () => {
  expect(parseMessages('<img src=x onerror=alert(1)>', 'user')[0]?.text).toBe('<img src=x onerror=alert(1)>')
})
