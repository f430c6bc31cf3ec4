/** When the first token of a generation came, from what is known in the trace. */

interface Columns {
  span_id: string[]
  parent_id: string[]
  start_offset_ns: number[]
  ttft_ns: (number | null)[]
}

const MAX_DEPTH = 64

/**
 * Nanoseconds from the start of the span at `index` to its first token; null when nobody knows.
 * A tracer in the application often does not see it, the gateway below does.
 */
export function firstTokenNs(columns: Columns, index: number): number | null {
  const own = columns.ttft_ns[index]
  if (own != null) return own
  const at = new Map(columns.span_id.map((id, position) => [id, position]))
  let best: number | null = null
  columns.ttft_ns.forEach((ttft, below) => {
    if (ttft == null || !isBelow(columns, at, below, index)) return
    const ns = columns.start_offset_ns[below]! - columns.start_offset_ns[index]! + ttft
    if (best === null || ns < best) best = ns
  })
  return best
}

function isBelow(columns: Columns, at: Map<string, number>, below: number, index: number): boolean {
  let here: number | undefined = below
  for (let depth = 0; depth < MAX_DEPTH && here !== undefined; depth += 1) {
    here = at.get(columns.parent_id[here]!)
    if (here === index) return true
  }
  return false
}
