/** Search and filters of the list. */

import { Plus, Search, X } from 'lucide-react'
import { Popover } from 'radix-ui'
import { useEffect, useRef, useState } from 'react'
import { Button, Segments } from '../ui/parts'
import { countFilters, SORTS, type Sort, type TraceSearch, WORD_FILTERS, type WordFilter } from './filters'

const LABELS: Record<WordFilter, string> = {
  service: 'Service',
  env: 'Environment',
  model: 'Model',
  provider: 'Provider',
  kind: 'Span kind',
  ml_app: 'ML app',
  session: 'Session',
  user: 'User',
  source: 'Source',
}

type Change = (next: Partial<TraceSearch>) => void

export function FilterBar({ search, onChange }: { search: TraceSearch; onChange: Change }) {
  const set = WORD_FILTERS.filter((name) => search[name])
  return (
    <div role="search" className="flex shrink-0 flex-wrap items-center gap-2 px-4 pb-3">
      <SearchBox text={search.q ?? ''} onChange={(q) => onChange({ q: q || undefined } as Partial<TraceSearch>)} />
      <Segments
        label="Status"
        value={search.status ?? ('any' as string)}
        options={[['any', 'Any'], ['ok', 'OK'], ['error', 'Errors']] as const}
        onChange={(status) => onChange({ status: status === 'any' ? undefined : status } as Partial<TraceSearch>)}
      />
      {set.map((name) => (
        <Chip key={name} label={LABELS[name]} value={search[name]!} onRemove={() => onChange({ [name]: undefined })} />
      ))}
      {search.min_ms !== undefined && <Chip label="At least" value={`${search.min_ms} ms`} onRemove={() => onChange({ min_ms: undefined } as never)} />}
      {search.max_ms !== undefined && <Chip label="At most" value={`${search.max_ms} ms`} onRemove={() => onChange({ max_ms: undefined } as never)} />}
      <AddFilter search={search} onChange={onChange} />
      {countFilters(search) > 0 && (
        <button type="button" className="text-[13px] text-soft underline hover:text-ink" onClick={() => onChange(Object.fromEntries([...WORD_FILTERS, 'status', 'min_ms', 'max_ms', 'q'].map((name) => [name, undefined])))}>
          Clear
        </button>
      )}
      <label className="ml-auto flex items-center gap-1.5 text-[13px] text-soft">
        Sort
        <select className="h-8 rounded-md border border-line bg-panel px-2 text-ink" value={search.sort ?? 'time'} onChange={(event) => onChange({ sort: event.target.value === 'time' ? undefined : (event.target.value as Sort) } as Partial<TraceSearch>)}>
          {Object.entries(SORTS).map(([key, label]) => (
            <option key={key} value={key}>
              {label}
            </option>
          ))}
        </select>
      </label>
    </div>
  )
}

const TYPING_MS = 300

function SearchBox({ text, onChange }: { text: string; onChange: (text: string) => void }) {
  const [typed, setTyped] = useState(text)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => setTyped(text), [text])
  useEffect(() => () => clearTimeout(timer.current), [])
  const type = (next: string, wait = TYPING_MS) => {
    setTyped(next)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => onChange(next.trim()), wait)
  }
  return (
    <form
      className="relative w-80 max-w-full"
      onSubmit={(event) => {
        event.preventDefault()
        type(typed, 0)
      }}
    >
      <Search size={15} className="pointer-events-none absolute top-2 left-2.5 text-faint" />
      <input
        id="trace-search"
        type="search"
        aria-label="Search in prompts and answers"
        placeholder='Words in prompts and answers, "a phrase"'
        className="h-8 w-full rounded-md border border-line bg-panel pr-2 pl-8 text-[13px]"
        value={typed}
        onChange={(event) => type(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
      />
    </form>
  )
}

function Chip({ label, value, onRemove }: { label: string; value: string; onRemove: () => void }) {
  return (
    <span className="inline-flex h-8 max-w-72 items-center gap-1.5 rounded-md bg-accent-soft pr-1 pl-2.5 text-[13px]">
      <span className="text-soft">{label}</span>
      <span className="truncate font-medium">{value}</span>
      <button type="button" aria-label={`Remove the filter ${label} ${value}`} className="rounded p-1 text-soft hover:text-ink" onClick={onRemove}>
        <X size={13} />
      </button>
    </span>
  )
}

function AddFilter({ search, onChange }: { search: TraceSearch; onChange: Change }) {
  const [open, setOpen] = useState(false)
  const [name, setName] = useState<WordFilter | 'min_ms' | 'max_ms'>('service')
  const [value, setValue] = useState('')
  const isNumber = name === 'min_ms' || name === 'max_ms'
  const field = 'h-8 w-full rounded-md border border-line bg-canvas px-2 text-[13px]'
  const free = WORD_FILTERS.filter((one) => !search[one])
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Button>
          <Plus size={14} className="text-faint" /> Filter
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content align="start" sideOffset={6} className="z-50 w-60 rounded-lg border border-line bg-panel p-3 shadow-xl">
          <form
            className="flex flex-col gap-2"
            onSubmit={(event) => {
              event.preventDefault()
              onChange({ [name]: isNumber ? Number(value) : value.trim() })
              setValue('')
              setOpen(false)
            }}
          >
            <label className="text-xs text-soft">
              Filter by
              <select className={field} value={name} onChange={(event) => setName(event.target.value as WordFilter)}>
                {free.map((one) => (
                  <option key={one} value={one}>
                    {LABELS[one]}
                  </option>
                ))}
                <option value="min_ms">Takes at least (ms)</option>
                <option value="max_ms">Takes at most (ms)</option>
              </select>
            </label>
            <label className="text-xs text-soft">
              Value
              <input required type={isNumber ? 'number' : 'text'} min={0} step="any" className={field} value={value} onChange={(event) => setValue(event.target.value)} />
            </label>
            <Button type="submit" className="justify-center">
              Add
            </Button>
          </form>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
