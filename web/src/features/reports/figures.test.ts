import { expect, test } from 'vitest'
import type { Column } from '@/api/reports'
import { divided } from '@/lib/decimal'
import { figure, position, unitAlone } from './figures'

const money: Column = {
  name: 'cost',
  title: '人工费',
  'x-type': 'money',
  'x-scale': 2,
  'x-fixed': true,
}
const gong: Column = { ...money, name: 'gong', title: '工数', 'x-type': 'decimal', 'x-scale': 4 }
const team: Column = {
  ...money,
  name: 'team',
  title: '班组',
  'x-type': 'reference',
  entity: 'labor_team',
}
const refs = { 'labor_team/01J': '木工一班' }

test.each([
  ['123456.78', '12.35'],
  ['123450.00', '12.35'],
  ['123449.99', '12.34'],
  ['-123450.00', '-12.35'],
  ['0.00', '0.00'],
  ['49.99', '0.00'],
  ['50', '0.01'],
  ['9007199254740993.10', '900,719,925,474.10'],
])('%s yuan is %s in ten thousands, exactly', (amount, want) => {
  expect(figure(money, amount, { unit: 'wan', refs })).toBe(want)
})

test('in yuan every cent of an amount beyond the precision of floats is kept', () => {
  const shown = figure(money, '90071992547409931.01', { unit: 'yuan', refs })
  expect(shown).toBe('90,071,992,547,409,931.01')
})

test.each([
  ['9999.99', 'yuan'],
  ['10000.00', 'wan'],
  ['-10000.00', 'wan'],
  ['-381.12', 'yuan'],
  [undefined, 'yuan'],
])('%s that stands alone is read in %s', (amount, want) => {
  expect(unitAlone(amount, 'wan')).toBe(want)
  expect(unitAlone(amount, 'yuan')).toBe('yuan')
})

test('only money is read in ten thousands', () => {
  expect(figure(gong, '10000.1250', { unit: 'wan', refs })).toBe('10,000.1250')
})

test('a reference shows its name, a missing value a dash', () => {
  expect(figure(team, '01J', { unit: 'yuan', refs })).toBe('木工一班')
  expect(figure(team, '01K', { unit: 'yuan', refs })).toBe('01K')
  expect(figure(money, undefined, { unit: 'wan', refs })).toBe('–')
})

test('a mark stands where its figure says; a missing value has no place', () => {
  expect(position(money, '25000.00', 'wan')).toBe(2.5)
  expect(position(gong, '25000', 'wan')).toBe(25000)
  expect(position(money, undefined, 'yuan')).toBeNull()
  expect(position(team, '01J', 'yuan')).toBeNull()
})

test.each([
  ['1', 3n, 2, '0.33'],
  ['2', 3n, 2, '0.67'],
  ['-0.5', 1n, 0, '-1'],
  ['x', 3n, 2, 'x'],
])('%s divided by %s with %s places is %s', (text, divisor, places, want) => {
  expect(divided(text, divisor, places)).toBe(want)
})
