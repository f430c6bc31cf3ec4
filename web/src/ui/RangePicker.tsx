/** The time range: live ranges, or two moments. */

import { CalendarClock, ChevronDown } from 'lucide-react'
import { Popover } from 'radix-ui'
import { useState } from 'react'
import { DEFAULT_FROM, describeRange, isLive, LIVE_RANGES, type RangeSearch } from '../format/ranges'
import { Button } from './parts'

export function RangePicker({ range, onChange, fallback = DEFAULT_FROM }: { range: RangeSearch; onChange: (range: RangeSearch) => void; fallback?: string }) {
  const [open, setOpen] = useState(false)
  const choose = (next: RangeSearch) => {
    onChange(next)
    setOpen(false)
  }
  const live = isLive(range, fallback)
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Button aria-label={`Time range: ${describeRange(range, fallback)}`}>
          <CalendarClock size={15} className="text-faint" />
          {describeRange(range, fallback)}
          <ChevronDown size={14} className="text-faint" />
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content align="end" sideOffset={6} className="z-50 flex rounded-lg border border-line bg-panel p-1.5 shadow-xl max-sm:flex-col">
          <ul className="w-44">
            {LIVE_RANGES.map(([from, label]) => {
              const chosen = live && (range.from ?? fallback) === from
              return (
                <li key={from}>
                  <button
                    type="button"
                    aria-current={chosen}
                    className={`flex w-full justify-between rounded px-2.5 py-1.5 text-left text-[13px] hover:bg-raised ${chosen ? 'bg-accent-soft font-medium text-accent' : ''}`}
                    onClick={() => choose({ from: from === fallback ? undefined : from, to: undefined })}
                  >
                    {label}
                    <span className="num text-faint">{from}</span>
                  </button>
                </li>
              )
            })}
          </ul>
          <FixedRange onChoose={choose} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

function FixedRange({ onChoose }: { onChoose: (range: RangeSearch) => void }) {
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const wrong = Boolean(from && to && new Date(from) >= new Date(to))
  const field = 'h-8 w-full rounded-md border border-line bg-canvas px-2 text-[13px]'
  return (
    <form
      className="flex w-56 flex-col gap-2 border-line p-2.5 sm:border-l"
      onSubmit={(event) => {
        event.preventDefault()
        onChoose({ from: new Date(from).toISOString(), to: to ? new Date(to).toISOString() : undefined })
      }}
    >
      <label className="text-xs text-soft">
        From
        <input required type="datetime-local" step="1" className={field} value={from} onChange={(event) => setFrom(event.target.value)} />
      </label>
      <label className="text-xs text-soft">
        To (empty: now)
        <input type="datetime-local" step="1" className={field} value={to} onChange={(event) => setTo(event.target.value)} />
      </label>
      {wrong && <p className="text-xs text-bad">The start must be before the end.</p>}
      <Button type="submit" disabled={!from || wrong} className="justify-center">
        Apply
      </Button>
    </form>
  )
}
