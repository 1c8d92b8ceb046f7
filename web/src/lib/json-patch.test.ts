import { expect, test } from 'vitest'
import { applyJsonPatch } from './json-patch'

const flow = {
  nodes: [
    { name: 'a', who: ['x', 'y'], when: 'n > 1' },
    { name: 'b', branches: [1, 2, 3] },
  ],
}

test.each([
  [
    'add to a list',
    [{ op: 'add', path: '/nodes/1/branches/-', value: 4 }],
    { branches: [1, 2, 3, 4] },
  ],
  ['remove from a list', [{ op: 'remove', path: '/nodes/1/branches/0' }], { branches: [2, 3] }],
  [
    'move to the end',
    [{ op: 'move', from: '/nodes/1/branches/0', path: '/nodes/1/branches/2' }],
    { branches: [2, 3, 1] },
  ],
])('%s', (_, patch, want) => {
  expect(applyJsonPatch(flow, patch)?.nodes[1]).toMatchObject(want)
})

test('members of objects are put, replaced and taken', () => {
  const patched = applyJsonPatch(flow, [
    { op: 'replace', path: '/nodes/0/when', value: 'nz(n, 0) > 1' },
    { op: 'add', path: '/nodes/0/onSelf', value: 'leader' },
    { op: 'remove', path: '/nodes/0/who' },
  ])
  expect(patched?.nodes[0]).toEqual({ name: 'a', when: 'nz(n, 0) > 1', onSelf: 'leader' })
  expect(flow.nodes[0]).toHaveProperty('who')
})

test.each([
  [{ op: 'replace', path: '/nodes/9/when', value: 1 }],
  [{ op: 'remove', path: '/nodes/0/nothing' }],
  [{ op: 'test', path: '/nodes/0/when', value: 1 }],
  [{ op: 'add', path: '/nodes/7', value: 1 }],
])('a step that does not fit changes nothing: %o', (step) => {
  expect(applyJsonPatch(flow, [step])).toBeUndefined()
})
