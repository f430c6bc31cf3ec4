/** Small parts that all pages are made of. */

import { Check, Copy, TriangleAlert } from 'lucide-react'
import { type ComponentProps, type ReactNode, useEffect, useRef, useState } from 'react'

export function Button({ className = '', ...props }: ComponentProps<'button'>) {
  return (
    <button
      type="button"
      className={`inline-flex h-8 items-center gap-1.5 rounded-md border border-line bg-panel px-2.5 text-[13px] whitespace-nowrap text-ink hover:bg-raised disabled:cursor-default disabled:opacity-45 ${className}`}
      {...props}
    />
  )
}

export function IconButton({ label, className = '', ...props }: ComponentProps<'button'> & { label: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={`inline-flex size-8 shrink-0 items-center justify-center rounded-md text-soft hover:bg-raised hover:text-ink disabled:cursor-default disabled:opacity-40 ${className}`}
      {...props}
    />
  )
}

export function Panel({ className = '', ...props }: ComponentProps<'section'>) {
  return <section className={`relative rounded-lg border border-line bg-panel ${className}`} {...props} />
}

export function CopyButton({ text, label = 'Copy', small = false }: { text: string; label?: string; small?: boolean }) {
  const [done, setDone] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setDone(true)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => setDone(false), 1500)
  }
  return (
    <IconButton label={done ? 'Copied' : label} className={small ? 'size-6!' : ''} onClick={() => void copy()}>
      {done ? <Check size={14} className="text-good" /> : <Copy size={14} />}
    </IconButton>
  )
}

export function ErrorNote({ error, retry }: { error: Error; retry?: () => void }) {
  return (
    <div role="alert" className="flex items-start gap-2 rounded-md border border-bad/40 bg-bad-soft px-3 py-2 text-[13px]">
      <TriangleAlert size={16} className="mt-0.5 shrink-0 text-bad" />
      <span className="min-w-0 flex-1 break-words">{error.message}</span>
      {retry && (
        <button type="button" className="font-medium underline" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  )
}

export function Badge({ children, tone = 'plain', title }: { children: ReactNode; tone?: 'plain' | 'bad' | 'good' | 'accent' | 'warn'; title?: string }) {
  const tones = {
    plain: 'bg-raised text-soft',
    bad: 'bg-bad-soft text-bad',
    good: 'bg-raised text-good',
    accent: 'bg-accent-soft text-accent',
    warn: 'bg-raised text-warn',
  }
  return (
    <span title={title} className={`inline-flex max-w-full items-center gap-1 truncate rounded px-1.5 py-px text-xs font-medium ${tones[tone]}`}>
      {children}
    </span>
  )
}

export function Segments<T extends string>({ label, value, options, onChange }: { label: string; value: T; options: readonly (readonly [T, string])[]; onChange: (value: T) => void }) {
  return (
    <div role="radiogroup" aria-label={label} className="inline-flex h-8 rounded-md border border-line bg-panel p-0.5">
      {options.map(([key, text]) => (
        <button
          key={key}
          type="button"
          role="radio"
          aria-checked={key === value}
          className={`rounded px-2 text-[13px] ${key === value ? 'bg-raised font-medium text-ink' : 'text-soft hover:text-ink'}`}
          onClick={() => onChange(key)}
        >
          {text}
        </button>
      ))}
    </div>
  )
}
