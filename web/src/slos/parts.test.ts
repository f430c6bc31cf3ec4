import { expect, test } from 'vitest'
import { formatBudget, formatSli, toneOf } from './parts'

test.each([
  [null, '–'],
  [100, '100 %'],
  [99.9999, '99.9999 %'],
  [99.99999, '99.9999 %'],
  [97.888889, '97.88 %'],
  [0, '0 %'],
])('an indicator of %s reads %s and is never rounded up', (percent, text) => {
  expect(formatSli(percent)).toBe(text)
})

test.each([
  [53.271, '53 %', 'good'],
  [7.25, '7.3 %', 'warn'],
  [0, '0 %', 'warn'],
  [-0.01, '0 %', 'bad'],
  [-111.1, '\u2212111 %', 'bad'],
  [-12345, '\u221212,345 %', 'bad'],
])('a budget of %s reads %s', (percent, text, tone) => {
  expect(formatBudget(percent)).toBe(text)
  expect(toneOf(percent)).toBe(tone)
})
