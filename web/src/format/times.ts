/** Times as people read them, in the browser's zone. */

const CLOCK: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }

/** 14:03:09 today, 20 Nov 14:03:09 on other days. iso may carry nanoseconds. */
export function formatMoment(iso: string, now: Date = new Date()): string {
  const moment = new Date(iso)
  if (Number.isNaN(moment.getTime())) return '–'
  const clock = moment.toLocaleTimeString('en-GB', CLOCK)
  if (moment.toDateString() === now.toDateString()) return clock
  return `${moment.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ${clock}`
}

/** The whole moment with milliseconds, for titles. */
export function formatMomentFully(iso: string): string {
  const moment = new Date(iso)
  if (Number.isNaN(moment.getTime())) return '–'
  return `${moment.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })} ${moment.toLocaleTimeString('en-GB', { ...CLOCK, fractionalSecondDigits: 3 })}`
}

/** How long ago, roughly: 12 s, 4 min, 3 h, 2 d. */
export function formatAge(iso: string, nowMs: number): string {
  const seconds = Math.max(0, (nowMs - new Date(iso).getTime()) / 1000)
  if (seconds < 60) return `${Math.floor(seconds)} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`
  return `${Math.floor(seconds / 86_400)} d ago`
}
