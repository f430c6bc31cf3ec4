import { expect, test } from 'vitest'
import { partsOf, plainName, serviceOf, sloOf, splitName } from './names'

test('a template variable is shown as what it stands for', () => {
  expect(splitName('Slow at {{service.name}} today')).toEqual([
    { text: 'Slow at ', variable: '' },
    { text: 'service.name', variable: 'service' },
    { text: ' today', variable: '' },
  ])
  expect(plainName('Window of {{@meta.model_name.name}}')).toBe('Window of meta.model_name')
  expect(plainName('Plain')).toBe('Plain')
})

test.each([
  ['service:checkout,host:a', 'checkout'],
  ['avg(last_5m):avg:took{env:prod,service:shop} by {host} > 5', 'shop'],
  ['avg(last_5m):avg:took{service:pettwin*} > 5', ''],
  ['avg(last_5m):avg:took{!service:shop} > 5', ''],
  ['microservice:x', ''],
])('%s is of the service "%s"', (text, service) => {
  expect(serviceOf(text)).toBe(service)
})

test('a composite has parts, an SLO alert its SLO', () => {
  expect(partsOf('composite', '10020 && !10010 || 10020')).toEqual(['10020', '10010'])
  expect(partsOf('query alert', '10020')).toEqual([])
  expect(sloOf('slo alert', 'burn_rate("05e2").over("30d") > 14.4')).toBe('05e2')
})
