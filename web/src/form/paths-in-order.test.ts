import { expect, test } from 'vitest'
import { pathsInOrder } from './paths-in-order'

test('problems are listed as people meet them, not as they were found', () => {
  const found = [
    'photos',
    'lines[+2].hours',
    'team',
    'lines[r9].worker',
    'lines[+2].worker',
    'lines',
    '',
  ]
  const rows = ['r9', '+2']
  expect(pathsInOrder(found, ['team', 'lines', 'photos'], () => rows)).toEqual([
    '',
    'team',
    'lines',
    'lines[r9].worker',
    'lines[+2].hours',
    'lines[+2].worker',
    'photos',
  ])
})
