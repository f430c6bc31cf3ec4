import { describe, expect, test } from 'vitest'
import { changeOf, formatCost, formatCount, formatDuration, formatPercent, formatTraceCost } from './numbers'

describe('durations keep three digits and the fitting unit', () => {
  test.each([
    [0, '0 ns'],
    [999, '999 ns'],
    [1_500, '1.5 µs'],
    [999_600, '1 ms'],
    [4_560_000, '4.56 ms'],
    [999_600_000, '1 s'],
    [12_340_000_000, '12.3 s'],
    [59_960_000_000, '1m 00s'],
    [125_000_000_000, '2m 05s'],
    [3_720_000_000_000, '1h 02m'],
    [-1_500_000, '\u22121.5 ms'],
  ])('%d ns is %s', (ns, text) => expect(formatDuration(ns)).toBe(text))
  test('nothing is a dash', () => expect(formatDuration(null)).toBe('–'))
})

describe('costs are readable however small', () => {
  test.each([
    [0, '$0'],
    [1, '$0.000000001'],
    [12_300, '$0.0000123'],
    [540, '$0.00000054'],
    [31_800_000, '$0.0318'],
    [420_000_000, '$0.42'],
    [1_234_500_000_000, '$1,234.50'],
    [12_345_000_000_000, '$12.3k'],
    [2_500_000_000_000_000, '$2.5M'],
  ])('%d nano-dollars are %s', (nusd, text) => expect(formatCost(nusd)).toBe(text))
})

describe('a cost that is not known is never zero', () => {
  test('unknown says so', () => expect(formatTraceCost(null, 'unknown')).toBe('unknown'))
  test('partial is a lower bound', () => expect(formatTraceCost(420_000_000, 'partial')).toBe('≥ $0.42'))
  test('without generations there is none', () => expect(formatTraceCost(null, 'none')).toBe('–'))
  test('null is a dash', () => expect(formatCost(null)).toBe('–'))
})

test.each([
  [7, '7'],
  [9_999, '9,999'],
  [12_345, '12.3k'],
  [999_900, '1M'],
  [4_560_000, '4.56M'],
  [7.256, '7.26'],
])('the count %d is %s', (value, text) => expect(formatCount(value)).toBe(text))

test('a tiny share is not rounded to nothing', () => {
  expect(formatPercent(0)).toBe('0 %')
  expect(formatPercent(0.0002)).toBe('< 0.1 %')
  expect(formatPercent(0.0181)).toBe('1.81 %')
})

test('a change needs something to compare with', () => {
  expect(changeOf(3, 2)).toBe(0.5)
  expect(changeOf(3, 0)).toBeNull()
  expect(changeOf(null, 2)).toBeNull()
})
