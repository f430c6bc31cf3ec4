/** Silencing a monitor or one of its groups, and taking that back. */

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { BellOff } from 'lucide-react'
import { Popover } from 'radix-ui'
import { type ReactNode, useState } from 'react'
import { cancelDowntime, getMuting, muteMonitor } from '../api/client'
import type { MutingDowntime } from '../api/types'
import { formatMoment } from '../format/times'
import { Button, ErrorNote, Panel } from '../ui/parts'

const REFRESH_MS = 5_000
const DURATIONS = [
  ['1 hour', 3_600],
  ['4 hours', 14_400],
  ['1 day', 86_400],
  ['Until unmuted', null],
] as const

const keyOf = (monitorId: number) => ['muting', String(monitorId)]

/** Downtimes of a monitor that are active now. */
export function useMuting(monitorId: number) {
  return useQuery({ queryKey: keyOf(monitorId), queryFn: ({ signal }) => getMuting(String(monitorId), signal), refetchInterval: REFRESH_MS })
}

/** group: `*` for the whole monitor. children: the button that opens it. */
export function MuteMenu({ monitorId, group, children }: { monitorId: number; group: string; children: ReactNode }) {
  const [open, setOpen] = useState(false)
  const queries = useQueryClient()
  const mute = useMutation({
    mutationFn: (seconds: number | null) => muteMonitor(monitorId, group, seconds),
    onSuccess: async () => {
      setOpen(false)
      await queries.invalidateQueries({ queryKey: keyOf(monitorId) })
    },
  })
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>{children}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content align="end" sideOffset={6} className="z-50 w-56 rounded-lg border border-line bg-panel p-1.5 shadow-xl" aria-label={`Mute ${group === '*' ? 'the monitor' : group}`}>
          <p className="truncate px-2.5 py-1 text-xs text-soft" title={group}>
            Mute {group === '*' ? 'the whole monitor' : group}
          </p>
          {DURATIONS.map(([label, seconds]) => (
            <button key={label} type="button" disabled={mute.isPending} className="block w-full rounded px-2.5 py-1.5 text-left text-[13px] hover:bg-raised disabled:opacity-50" onClick={() => mute.mutate(seconds)}>
              {label}
            </button>
          ))}
          {mute.isError && <ErrorNote error={mute.error} />}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

export function MuteButton({ monitorId }: { monitorId: number }) {
  return (
    <MuteMenu monitorId={monitorId} group="*">
      <Button>
        <BellOff size={15} className="text-faint" /> Mute
      </Button>
    </MuteMenu>
  )
}

/** Says that a monitor is silenced, in what and until when. */
export function MutedNote({ monitorId }: { monitorId: number }) {
  const muting = useMuting(monitorId)
  if (muting.isError) return <ErrorNote error={muting.error} />
  if (!muting.data?.data.length) return null
  return (
    <Panel className="mb-3 p-3" aria-label="Downtimes">
      <h2 className="mb-1.5 flex items-center gap-1.5 text-[13px] font-semibold">
        <BellOff size={14} className="text-warn" /> Muted
      </h2>
      <ul className="space-y-1.5 text-[13px]">
        {muting.data.data.map((one) => (
          <Downtime key={one.id} downtime={one} monitorId={monitorId} />
        ))}
      </ul>
    </Panel>
  )
}

function Downtime({ downtime, monitorId }: { downtime: MutingDowntime; monitorId: number }) {
  const { scope, end, groups } = downtime.attributes
  const queries = useQueryClient()
  const unmute = useMutation({
    mutationFn: () => cancelDowntime(downtime.id),
    onSuccess: () => queries.invalidateQueries({ queryKey: keyOf(monitorId) }),
  })
  return (
    <li>
      <span className="flex flex-wrap items-center gap-2">
        <span className="min-w-0 font-medium break-all">{scope === '*' ? 'All of it' : scope}</span>
        {scope !== '*' && groups.length > 1 && <span className="text-soft">({groups.length} groups)</span>}
        <span className="num text-soft">{end ? `until ${formatMoment(end)}` : 'until it is unmuted'}</span>
        <Button className="ml-auto h-7!" disabled={unmute.isPending} onClick={() => unmute.mutate()}>
          Unmute
        </Button>
      </span>
      {unmute.isError && <ErrorNote error={unmute.error} />}
    </li>
  )
}
