import { expect, it } from 'vitest'
import type { Field } from '@/api/bundle'
import { copyOf } from './patch'

const fields: Record<string, Field> = {
  place: { type: 'string', 'x-type': 'text' },
  photos: { type: 'array', 'x-type': 'image' },
  sign: { type: 'string', 'x-type': 'signature' },
  lines: {
    type: 'array',
    'x-type': 'table',
    items: {
      properties: {
        work: { type: 'string', 'x-type': 'text' },
        papers: { type: 'array', 'x-type': 'attachment' },
      },
    },
  },
}

it('leaves the files with the original', () => {
  const copy = copyOf(fields, {
    place: '三层',
    photos: ['f1'],
    sign: 'f2',
    lines: [{ _id: 'r1', work: '支模', papers: ['f3'] }],
  })
  expect(copy).toEqual({ place: '三层', lines: [{ _id: '+c1', work: '支模' }] })
})
