import { expect, test } from 'vitest'
import type { Form } from '@/api/definitions.gen'
import { layoutToRead } from './layout-to-read'

const layout: Form = {
  name: 'setup',
  title: '立项',
  entity: 'setup',
  sections: [
    {
      name: 'basics',
      title: '基本',
      items: [{ field: 'name' }, { field: 'account', visible: 'needed' }],
    },
    {
      name: 'made',
      title: '建立的项目',
      visible: 'project != nil',
      items: [{ field: 'project' }, { field: 'lines' }],
    },
  ],
}

test.each([
  ['nothing under a condition is filled', {}, { basics: ['name'] }],
  ['an empty text and no rows are nothing', { account: '', lines: [] }, { basics: ['name'] }],
  ['a value under a condition', { account: '6222' }, { basics: ['name', 'account'] }],
  ['part of a section', { project: 'p1' }, { basics: ['name'], made: ['project'] }],
  ['no is a value', { account: false }, { basics: ['name', 'account'] }],
])('%s', (_, values, want) => {
  const shown = layoutToRead(layout, values).sections.map(({ name, items }) => [
    name,
    items.map(({ field }) => field),
  ])
  expect(Object.fromEntries(shown)).toEqual(want)
})
