import { expect, test } from 'vitest'
import { statesOfMasked } from './first-states'

test('what is masked cannot be written; where there is nothing to see it is not shown', () => {
  const rights = {
    account: 'masked',
    card: 'masked',
    'lines.id': 'masked',
    bank: 'read',
    name: 'write',
  } as const
  expect(
    statesOfMasked(rights, ['account', 'card', 'lines.id', 'bank'], { account: '***34' }),
  ).toEqual({
    account: { readOnly: true },
    card: { hidden: true },
    'lines.id': { readOnly: true },
  })
})

test('what a task opens stays open, masked or not', () => {
  expect(statesOfMasked({ account: 'masked' }, [], {})).toEqual({})
})
