/** The tree of a trace, from its columns, as arrays: rows in the order they are shown, whatever the number of spans. */

export interface Tree {
  /** Indexes into the columns, depth first, siblings by start. */
  order: Int32Array
  /** By position in `order`: how deep, and the position after the last descendant. */
  depth: Int32Array
  end: Int32Array
}

interface TreeColumns {
  span_id: string[]
  parent_id: string[]
  start_offset_ns: number[]
}

/**
 * Spans whose parent is not among them are roots; so is one span of every circle that wrong ids may make.
 * keep: whether a span is shown; the children of one that is not move up to its nearest shown ancestor.
 */
export function buildTree(columns: TreeColumns, keep: (index: number) => boolean = () => true): Tree {
  const count = columns.span_id.length
  const children = childLists(columns)
  const order = new Int32Array(count)
  const depth = new Int32Array(count)
  const end = new Int32Array(count)
  const seen = new Uint8Array(count)
  let filled = 0
  const walk = (root: number): void => {
    // Entries: a span to enter with its depth, or (as -position - 1) a row to close. No recursion: a chain may be long.
    const stack: [number, number][] = [[root, 0]]
    for (let top = stack.pop(); top; top = stack.pop()) {
      const [index, level] = top
      if (index < 0) {
        end[-index - 1] = filled
        continue
      }
      if (seen[index]) continue
      seen[index] = 1
      const shown = keep(index)
      if (shown) {
        order[filled] = index
        depth[filled] = level
        stack.push([-filled - 1, 0])
        filled += 1
      }
      const list = children.of[index]
      if (list) for (let at = list.length - 1; at >= 0; at -= 1) stack.push([list[at]!, shown ? level + 1 : level])
    }
  }
  children.roots.forEach(walk)
  for (let index = 0; index < count; index += 1) if (!seen[index]) walk(index)
  return { order: order.subarray(0, filled), depth: depth.subarray(0, filled), end: end.subarray(0, filled) }
}

function childLists(columns: TreeColumns): { roots: number[]; of: (number[] | undefined)[] } {
  const count = columns.span_id.length
  const byId = new Map<string, number>()
  for (let index = 0; index < count; index += 1) byId.set(columns.span_id[index]!, index)
  const of: (number[] | undefined)[] = Array.from({ length: count })
  const roots: number[] = []
  for (let index = 0; index < count; index += 1) {
    const parent = byId.get(columns.parent_id[index]!)
    if (parent === undefined || parent === index) roots.push(index)
    else (of[parent] ??= []).push(index)
  }
  const byStart = (a: number, b: number): number => columns.start_offset_ns[a]! - columns.start_offset_ns[b]! || a - b
  of.forEach((list) => list?.sort(byStart))
  return { roots: roots.sort(byStart), of }
}

/** Positions that are visible when the spans of `collapsed` (indexes into the columns) hide their descendants. */
export function visibleRows(tree: Tree, collapsed: ReadonlySet<number>): Int32Array {
  const rows = new Int32Array(tree.order.length)
  let filled = 0
  for (let position = 0; position < tree.order.length; ) {
    rows[filled] = position
    filled += 1
    position = collapsed.has(tree.order[position]!) ? tree.end[position]! : position + 1
  }
  return rows.subarray(0, filled)
}

export const hasChildren = (tree: Tree, position: number): boolean => tree.end[position]! > position + 1

/** Round times for the axis, nanoseconds: about `aim` of them, from 0 up to the length. */
export function axisTicks(lengthNs: number, aim = 6): number[] {
  if (!(lengthNs > 0)) return [0]
  const rough = lengthNs / aim
  if (rough > 10 * SECOND) return multiples(CLOCK_STEPS.map((s) => s * SECOND).find((size) => size >= rough) ?? Math.ceil(rough / DAY) * DAY, lengthNs)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? 10 * power
  return multiples(step, lengthNs)
}

const SECOND = 1e9
const DAY = 86_400 * SECOND
const CLOCK_STEPS = [15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400]

const multiples = (step: number, upTo: number): number[] => Array.from({ length: Math.floor(upTo / step) + 1 }, (_, number) => number * step)
