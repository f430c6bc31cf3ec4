import { describe, expect, test } from 'vitest'
import { axisTicks, buildTree, hasChildren, visibleRows } from './tree'

/** [id, parent, start] by index. */
function columns(...spans: [string, string, number][]) {
  return { span_id: spans.map(([id]) => id), parent_id: spans.map(([, parent]) => parent), start_offset_ns: spans.map(([, , start]) => start) }
}

const shown = (tree: ReturnType<typeof buildTree>, ids: string[]) => Array.from(tree.order, (index, position) => `${' '.repeat(tree.depth[position]!)}${ids[index]}`)

describe('the tree of a trace', () => {
  test('is depth first, siblings by start', () => {
    const given = columns(['root', '', 0], ['b', 'root', 20], ['a', 'root', 10], ['a1', 'a', 11])
    expect(shown(buildTree(given), given.span_id)).toEqual(['root', ' a', '  a1', ' b'])
  })

  test('a span whose parent has not arrived is a root', () => {
    const given = columns(['x', 'missing', 5], ['root', '', 0])
    expect(shown(buildTree(given), given.span_id)).toEqual(['root', 'x'])
  })

  test('a circle of parents neither hangs nor hides its spans', () => {
    const given = columns(['a', 'b', 0], ['b', 'a', 1], ['self', 'self', 2])
    expect(shown(buildTree(given), given.span_id).toSorted()).toEqual([' b', 'a', 'self'])
  })

  test('children of a span that is left out move up to the nearest that is shown', () => {
    const given = columns(['root', '', 0], ['http', 'root', 1], ['llm', 'http', 2])
    const tree = buildTree(given, (index) => given.span_id[index] !== 'http')
    expect(shown(tree, given.span_id)).toEqual(['root', ' llm'])
  })

  test('a chain of 30,000 spans needs no stack of calls', () => {
    const spans = Array.from({ length: 30_000 }, (_, at): [string, string, number] => [`s${at}`, at ? `s${at - 1}` : '', at])
    const tree = buildTree(columns(...spans))
    expect(tree.order.length).toBe(30_000)
    expect(tree.depth[29_999]).toBe(29_999)
  })
})

test('a collapsed span hides its descendants and nothing else', () => {
  const given = columns(['root', '', 0], ['a', 'root', 1], ['a1', 'a', 2], ['a2', 'a', 3], ['b', 'root', 4])
  const tree = buildTree(given)
  const rows = visibleRows(tree, new Set([1]))
  expect(Array.from(rows, (position) => given.span_id[tree.order[position]!])).toEqual(['root', 'a', 'b'])
  expect(hasChildren(tree, 1)).toBe(true)
  expect(hasChildren(tree, 4)).toBe(false)
})

test('axis ticks are round and lie within the length', () => {
  expect(axisTicks(601e6, 5)).toEqual([0, 200e6, 400e6, 600e6])
  expect(axisTicks(600e9, 5)).toEqual([0, 120e9, 240e9, 360e9, 480e9, 600e9])
  expect(axisTicks(0)).toEqual([0])
})
