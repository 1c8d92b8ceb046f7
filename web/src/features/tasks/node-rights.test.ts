import { expect, test } from 'vitest'
import type { Entity } from '@/api/bundle'
import { closedPaths } from './node-rights'

const column = { type: 'string', 'x-type': 'decimal' } as const
const entity: Entity = {
  name: 'sheet',
  title: '单',
  type: 'object',
  properties: {
    content: { type: 'string', 'x-type': 'text' },
    lines: {
      type: 'array',
      'x-type': 'table',
      items: { properties: { hours: column, ot: column } },
    },
  },
}

test('a node that opens one column closes all else, also the adding of rows', () => {
  expect(closedPaths(entity, { 'lines.ot': 'w' })).toEqual(['content', 'lines', 'lines.hours'])
})

test('a node that opens a whole table leaves its columns open', () => {
  expect(closedPaths(entity, { lines: 'w' })).toEqual(['content'])
})
