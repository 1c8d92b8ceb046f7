import { expect, test } from 'vitest'
import type { Choice } from '@/api/records'
import { choiceNamed, isChoice } from '../grid/resolve-texts'
import { choicesWith } from './use-choices'

const workers: Choice[] = [
  { id: '1', text: '张伟', summary: ['W001', '木工'] },
  { id: '2', text: '张伟强', summary: ['W002', '瓦工'] },
  { id: '3', text: '李娜', summary: ['w010', '木工'] },
  { id: '4', text: '王芳', summary: ['W004', '木工'], disabled: true },
  { id: '5', text: '李娜', summary: ['W011', '瓦工'] },
]

test.each([
  ['张', ['1', '2']],
  ['W01', ['3', '5']],
  ['瓦工', ['2', '5']],
  [' 李娜 ', ['3', '5']],
  ['赵', []],
])('the list for %j', (typed, want) => {
  expect(choicesWith(typed, workers).map((each) => each.id)).toEqual(want)
})

test.each<[text: string, want: string, because: string]>([
  ['张伟', '1', 'the name as it is, though another one begins with it'],
  ['W010', '3', 'the code, in whatever letters'],
  ['李娜', 'ambiguous', 'two have this name'],
  ['瓦工', 'ambiguous', 'several have this trade'],
  ['W004', 'not_found', 'who may not be chosen is not'],
  ['W00', 'not_found', 'part of a code names nobody'],
])('%s names %s: %s', (text, want) => {
  const named = choiceNamed(text, workers)
  expect(isChoice(named) ? named.id : named.code).toBe(want)
})
