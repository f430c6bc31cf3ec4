/** A prompt or an answer as a conversation: plain text, or the messages of any of the usual forms. */

export interface ToolCall {
  name: string
  arguments: string
  id: string
}

export interface Message {
  role: string
  text: string
  calls: ToolCall[]
  /** Name of the tool or document a message comes from. */
  name: string
}

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const asText = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value, null, 2)

/** role: of plain text. Returns [] for ''. */
export function parseMessages(text: string, role: string): Message[] {
  if (!text) return []
  const value = parseJson(text)
  const list = Array.isArray(value) ? value : isObject(value) && looksLikeMessage(value) ? [value] : undefined
  if (!list?.length || !list.every((one) => isObject(one) && looksLikeMessage(one))) return [plain(role, value === undefined ? text : prettyOr(text, value))]
  return (list as Json[]).map((one) => parseMessage(one, role))
}

const plain = (role: string, text: string): Message => ({ role, text, calls: [], name: '' })
const prettyOr = (text: string, value: unknown): string => (typeof value === 'object' ? JSON.stringify(value, null, 2) : text)

function parseJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const looksLikeMessage = (value: Json): boolean => 'role' in value || 'content' in value || 'tool_calls' in value || ('text' in value && ('score' in value || 'name' in value || 'id' in value))

function parseMessage(value: Json, role: string): Message {
  const isDocument = !('role' in value) && 'text' in value
  const calls = [...listOf(value['tool_calls']), ...partsOf(value['content'], 'tool_use'), ...partsOf(value['parts'], 'tool_call')].map(parseCall)
  const results = listOf(value['tool_results']).map((one) => asText(isObject(one) ? (one['result'] ?? one['content'] ?? one) : one))
  const text = [contentText(value['content'] ?? value['text'] ?? value['parts']), ...results].filter(Boolean).join('\n')
  return { role: asText(value['role']) || (isDocument ? 'document' : role), text, calls, name: asText(value['name'] ?? value['tool_call_id']) }
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const partsOf = (value: unknown, type: string): unknown[] => listOf(value).filter((part) => isObject(part) && part['type'] === type)

function parseCall(value: unknown): ToolCall {
  if (!isObject(value)) return { name: asText(value), arguments: '', id: '' }
  const inner = isObject(value['function']) ? value['function'] : value
  const given = inner['arguments'] ?? inner['input'] ?? inner['args']
  const parsed = typeof given === 'string' ? (parseJson(given) ?? given) : given
  return { name: asText(inner['name']) || 'tool', arguments: asText(parsed), id: asText(value['id'] ?? value['tool_id']) }
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return asText(content)
  return content.map(partText).filter(Boolean).join('\n')
}

function partText(part: unknown): string {
  if (!isObject(part)) return asText(part)
  const type = asText(part['type'])
  if (type === 'tool_use' || type === 'tool_call') return ''
  if (typeof part['text'] === 'string') return part['text']
  if (typeof part['content'] === 'string') return part['content']
  if (type === 'tool_result') return contentText(part['content'])
  if (/image|audio|file/.test(type)) return `[${type.replace('_url', '').replace('input_', '')}]`
  return asText(part)
}
