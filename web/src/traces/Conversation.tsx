/** Messages by role, as text; long ones are folded. */

import { Bot, FileText, Settings2, User, Wrench } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { formatExact } from '../format/numbers'
import { CopyButton } from '../ui/parts'
import type { Message, ToolCall } from './messages'

const FOLD_CHARS = 900
const FOLD_LINES = 14

const ROLES: Record<string, { label: string; icon: typeof Bot; tone: string }> = {
  system: { label: 'System', icon: Settings2, tone: 'text-faint' },
  developer: { label: 'Developer', icon: Settings2, tone: 'text-faint' },
  user: { label: 'User', icon: User, tone: 'text-accent' },
  assistant: { label: 'Assistant', icon: Bot, tone: 'text-good' },
  model: { label: 'Model', icon: Bot, tone: 'text-good' },
  tool: { label: 'Tool', icon: Wrench, tone: 'text-warn' },
  function: { label: 'Function', icon: Wrench, tone: 'text-warn' },
  document: { label: 'Document', icon: FileText, tone: 'text-soft' },
}

export function Conversation({ title, messages }: { title: string; messages: Message[] }) {
  if (!messages.length) return null
  return (
    <section className="space-y-2">
      <h3 className="text-xs font-semibold text-soft">{title}</h3>
      {messages.map((message, at) => (
        <MessageCard key={at} message={message} />
      ))}
    </section>
  )
}

function MessageCard({ message }: { message: Message }) {
  const role = ROLES[message.role] ?? { label: message.role || 'Text', icon: FileText, tone: 'text-soft' }
  const Icon = role.icon
  return (
    <article className="group rounded-md border border-line bg-canvas">
      <header className="flex h-7 items-center gap-1.5 px-2.5 text-xs">
        <Icon size={13} className={role.tone} />
        <span className={`font-medium ${role.tone}`}>{role.label}</span>
        {message.name && <span className="truncate text-faint">{message.name}</span>}
        <span className="ml-auto opacity-0 group-focus-within:opacity-100 group-hover:opacity-100">{message.text && <CopyButton text={message.text} label="Copy the text" small />}</span>
      </header>
      <div className="space-y-2 px-2.5 pb-2.5">
        {message.text ? <Folded text={message.text} /> : !message.calls.length && <p className="text-xs text-faint">empty</p>}
        {message.calls.map((call, at) => (
          <Call key={at} call={call} />
        ))}
      </div>
    </article>
  )
}

function Call({ call }: { call: ToolCall }) {
  return (
    <div className="rounded border border-line bg-panel">
      <p className="flex items-center gap-1.5 px-2 pt-1.5 text-xs">
        <Wrench size={12} className="text-warn" /> <span className="font-mono font-medium">{call.name}</span>
        {call.id && <span className="ml-auto truncate font-mono text-[11px] text-faint">{call.id}</span>}
      </p>
      {call.arguments && (
        <div className="px-2 pb-1.5">
          <Folded text={call.arguments} mono />
        </div>
      )}
    </div>
  )
}

/** Text with its line breaks; never as HTML. */
export function Folded({ text, mono = false }: { text: string; mono?: boolean }) {
  const [open, setOpen] = useState(false)
  const lines = text.split('\n', FOLD_LINES + 1)
  const long = text.length > FOLD_CHARS || lines.length > FOLD_LINES
  const shown = open || !long ? text : lines.slice(0, FOLD_LINES).join('\n').slice(0, FOLD_CHARS)
  const json = mono || /^\s*[[{]/.test(text)
  return (
    <div>
      <Words mono={json}>
        {shown}
        {long && !open && '…'}
      </Words>
      {long && (
        <button type="button" className="mt-1 text-xs font-medium text-accent hover:underline" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Show less' : `Show all ${formatExact(text.length)} characters`}
        </button>
      )}
    </div>
  )
}

const Words = ({ mono, children }: { mono: boolean; children: ReactNode }) => <p className={`break-words whitespace-pre-wrap ${mono ? 'font-mono text-[12px]' : 'text-[13px]'}`}>{children}</p>
