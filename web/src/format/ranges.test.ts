import { describe, expect, test } from 'vitest'
import { describeRange, isLive, parseEnd, parseRange } from './ranges'

test('the default range is not written into the URL', () => {
  expect(parseRange({ from: '1h', to: 'now' })).toEqual({})
  expect(parseRange({})).toEqual({})
})

test('what is not a time is left out', () => {
  expect(parseRange({ from: 'yesterday', to: '<script>' })).toEqual({})
  expect(parseEnd({})).toBeUndefined()
})

test('ISO, Unix and relative times are kept', () => {
  for (const end of ['2026-11-20T10:00:00Z', '1795200000', '1795200000000', '15m']) expect(parseEnd(end)).toBe(end)
})

describe('a range is live while it ends now and begins some time ago', () => {
  test.each([
    [{}, true],
    [{ from: '15m' }, true],
    [{ from: '2026-11-20T10:00:00Z' }, false],
    [{ from: '1d', to: '1h' }, false],
  ])('%j: %s', (range, live) => expect(isLive(range)).toBe(live))
})

test('a live range is named', () => {
  expect(describeRange({ from: '15m' })).toBe('Last 15 minutes')
  expect(describeRange({ from: '90m' })).toBe('Last 90m')
})
