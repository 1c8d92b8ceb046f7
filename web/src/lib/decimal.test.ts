import { expect, test } from 'vitest'
import { add, compare, grouped, isDecimal, normalized, sum, total } from './decimal'

test.each([
  [['0.1', '0.2'], '0.3'],
  [['1.0000', '0.3125', undefined, ''], '1.3125'],
  [['-0.50', '0.25'], '-0.25'],
  [['9007199254740993', '1'], '9007199254740994'],
  [[], '0'],
])('the sum of %j is exactly %s', (values, want) => {
  expect(sum(values)).toBe(want)
})

test.each([
  ['7.5', '0.5', '8'],
  ['0', '-0.5', '-0.5'],
  ['10', '0', '10'],
])('%s and %s make %s, without zeros at the end', (a, b, want) => {
  expect(add(a, b)).toBe(want)
})

test.each([
  ['8.50', '8.5', 0],
  ['-1', '0.1', -1],
  ['10', '9.99', 1],
  ['x', '1', undefined],
])('%s against %s is %s, by value', (a, b, want) => {
  expect(compare(a, b)).toBe(want)
})

test.each([
  ['1234567.50', '1,234,567.50'],
  ['-1000', '-1,000'],
  ['0.1234', '0.1234'],
  ['W01', 'W01'],
])('%s is shown as %s', (text, want) => {
  expect(grouped(text)).toBe(want)
})

test.each([
  ['１２．５', '12.5'],
  [' 1,234.50 ', '1234.50'],
  ['￥８00', '800'],
  ['.5', '0.5'],
  ['007', '7'],
  ['8.', '8'],
  ['-', '-'],
  ['abc', 'abc'],
])('%s as typed is %s on the wire', (typed, want) => {
  expect(normalized(typed)).toBe(want)
})

test('a half-typed sign is no decimal', () => {
  expect(isDecimal('-')).toBe(false)
  expect(isDecimal('1e5')).toBe(false)
})

test.each([
  ['sum', '6.5'],
  ['count', '3'],
  ['avg', '2.17'],
  ['min', '1'],
  ['max', '3'],
] as const)('the %s of a column with a missing value is %s', (kind, want) => {
  expect(total(kind, ['2.5', '1', undefined, '3'], 2)).toBe(want)
})

test('an average is rounded half up, away from zero', () => {
  expect(total('avg', ['0.01', '0.02'], 2)).toBe('0.02')
  expect(total('avg', ['-0.01', '-0.02'], 2)).toBe('-0.02')
  expect(total('avg', [], 2)).toBeUndefined()
})
