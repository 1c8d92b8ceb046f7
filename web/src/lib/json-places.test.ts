import { expect, test } from 'vitest'
import { jsonPlaces, offsetOf, placeAt } from './json-places'

test.each([
  ['{"a": 1,}', 'trailing', 1, 8],
  ['{"a": 1\n "b": 2}', 'comma', 1, 8],
  ['[1 2]', 'comma', 1, 3],
  ['{"a" 1}', 'colon', 1, 6],
  ["{'a': 1}", 'key', 1, 2],
  ['{"a": bc}', 'quotes', 1, 7],
  ['{"a": }', 'value', 1, 7],
  ['{"a": "b\n}', 'string', 1, 7],
  ['{"a": "\\x"}', 'escape', 1, 8],
  ['{"a": 012}', 'number', 1, 8],
  ['{"a": 1, "a": 2}', 'duplicate', 1, 10],
  ['{"a": [1', 'end', 1, 9],
  ['{} {}', 'more', 1, 4],
  ['', 'end', 1, 1],
])('what is wrong with %j is told with its place', (text, code, line, column) => {
  expect(jsonPlaces(text).fault).toMatchObject({ code, line, column })
})

test('what JSON.parse takes has no fault, and the other way round', () => {
  for (const text of [
    '{"a": [1, -2.5e3, true, null, "x\\u4e2d\\n"], "b": {}, "c": []}',
    ' "text" ',
    '0',
  ]) {
    expect(jsonPlaces(text).fault, text).toBeUndefined()
    expect(() => JSON.parse(text)).not.toThrow()
  }
  for (const text of ['{"a": 1,}', '[1 2]', '-', '{"a": tru}', '"\t', '[,]'])
    expect(jsonPlaces(text).fault, text).toBeDefined()
})

test('values are found by their pointers, missing ones by what they would stand in', () => {
  const text = '{\n  "nodes": [\n    {"name": "a"},\n    {"name": "b", "x/y": 1}\n  ]\n}'
  const places = jsonPlaces(text)
  const lineOf = (pointer: string) => placeAt(text, offsetOf(places, pointer)).line
  expect(lineOf('/nodes/1/name')).toBe(4)
  expect(lineOf('/nodes/1/who')).toBe(4)
  expect(lineOf('/nodes/1/x~1y')).toBe(4)
  expect(lineOf('/nodes')).toBe(2)
  expect(lineOf('/settings')).toBe(1)
})
