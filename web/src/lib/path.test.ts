import { expect, test } from 'vitest'
import { cellPath, parsePath } from './path'

test.each([
  ['team', { field: 'team' }],
  ['lines.ot_hours', { field: 'lines', column: 'ot_hours' }],
  ['lines[r1].ot_hours', { field: 'lines', row: 'r1', column: 'ot_hours' }],
  ['lines[+2]', { field: 'lines', row: '+2' }],
  ['', { field: '' }],
])('%s names its place', (text, want) => {
  expect(parsePath(text)).toEqual(want)
})

test('the path of a cell is read as it was made', () => {
  expect(parsePath(cellPath('lines', '+1', 'worker'))).toEqual({
    field: 'lines',
    row: '+1',
    column: 'worker',
  })
})
