import { expect, test } from 'vitest'
import type { Flow } from '@/api/definitions.gen'
import { branchesAround, changesBetween, findingsByNode, isAutomation, placesOf } from './model'

const flow: Flow = {
  name: 'pay',
  title: 'Pay',
  nodes: [
    { name: 'head', type: 'approve', who: ['leader:1'] },
    {
      name: 'size',
      type: 'branch',
      branches: [
        {
          name: 'big',
          when: 'amount > 5',
          nodes: [{ name: 'board', type: 'approve', who: ['role:board'] }],
        },
        { name: 'rest', else: true, nodes: [] },
      ],
    },
    { name: 'tell', type: 'cc', who: ['role:finance'] },
  ],
}

test('nodes are found with their pointers', () => {
  expect(placesOf(flow).map(({ node, pointer }) => [node.name, pointer])).toEqual([
    ['head', '/nodes/0'],
    ['size', '/nodes/1'],
    ['board', '/nodes/1/branches/0/nodes/0'],
    ['tell', '/nodes/2'],
  ])
})

test('a finding belongs to the innermost node of its place', () => {
  const finding = (path: string) => ({ ref: 'flows/pay', path, code: 'x', level: 'error' as const })
  const found = findingsByNode(flow, [
    finding('/nodes/1/branches/0/nodes/0/who/0'),
    finding('/nodes/1/branches/0/when'),
    finding('/settings'),
  ])
  expect([...found.keys()]).toEqual(['board', 'size', ''])
})

test('versions differ by nodes that came, went, moved and changed', () => {
  const [head, size, tell] = flow.nodes
  if (!head || !size || !tell) throw new Error('the flow has three nodes')
  const after: Flow = {
    ...flow,
    title: 'Payment',
    nodes: [
      tell,
      { ...head, who: ['leader:2'] },
      { ...size, branches: [{ name: 'rest', else: true, nodes: [] }] },
      { name: 'cashier', type: 'handle', who: ['role:cashier'] },
    ],
  }
  const told = changesBetween(flow, after).map(
    ({ node, kind, key }) => `${node} ${kind} ${key ?? ''}`,
  )
  expect(told).toEqual([
    ' changed title',
    'board removed ',
    'tell moved ',
    'head moved ',
    'head changed who',
    'size moved ',
    'size changed branches',
    'cashier added ',
  ])
  expect(changesBetween(flow, flow)).toEqual([])
})

test('the branches around a node decided whether a run came to it', () => {
  expect(branchesAround(flow, 'board').map(({ name }) => name)).toEqual(['size'])
  expect(branchesAround(flow, 'size')).toEqual([])
  expect(branchesAround(flow, 'nobody')).toEqual([])
})

test('a flow that nobody submits is an automation', () => {
  expect(isAutomation(flow)).toBe(false)
  expect(isAutomation({ ...flow, start: { on: 'submit' } })).toBe(false)
  expect(isAutomation({ ...flow, start: { on: ['created', 'updated'] } })).toBe(true)
  expect(isAutomation({ ...flow, start: { schedule: '30 2 * * *' } })).toBe(true)
  expect(isAutomation({ ...flow, start: { webhook: 'erp' } })).toBe(true)
})

test('a branch whose condition changed is told by itself', () => {
  const after: Flow = {
    ...flow,
    nodes: flow.nodes.map((node) =>
      node.branches
        ? {
            ...node,
            branches: node.branches.map((branch) => ({
              ...branch,
              ...(branch.else ? {} : { when: 'amount > 7' }),
            })),
          }
        : node,
    ),
  }
  const told = changesBetween(flow, after)
  expect(told.map(({ node, key, to }) => `${node} ${key} ${to}`)).toEqual(['size when amount > 7'])
  expect(told[0]?.branch?.when).toBe('amount > 7')
})
