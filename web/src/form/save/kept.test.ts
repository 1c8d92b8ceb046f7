import { beforeEach, expect, test } from 'vitest'
import { drop, dropAll, keep, keptAt, keyOf } from './kept'

const key = keyOf(['demo', 'zhang', 'day_labor_sheet', 'new'])
const noon = Date.parse('2026-03-02T12:00:00Z')
const typed = { at: noon, patch: { work_content: '清理' }, names: { 'project/1': '一号楼' } }

beforeEach(() => sessionStorage.clear())

test('what was typed is there again until it is dropped', () => {
  keep(key, typed)
  expect(keptAt(key, noon + 3_600_000)).toEqual(typed)
  drop(key)
  expect(keptAt(key, noon + 3_600_000)).toBeUndefined()
})

test('it belongs to one person and one form: no part of a key runs into the next', () => {
  keep(key, typed)
  expect(keptAt(keyOf(['demo', 'li', 'day_labor_sheet', 'new']), noon)).toBeUndefined()
  expect(keyOf(['a/b', 'c'])).not.toBe(keyOf(['a', 'b/c']))
})

test('who signs out leaves nothing behind', () => {
  keep(key, typed)
  sessionStorage.setItem('other', 'stays')
  dropAll()
  expect(keptAt(key, noon)).toBeUndefined()
  expect(sessionStorage.getItem('other')).toBe('stays')
})

test('after a day its files are gone, so it is not brought back', () => {
  keep(key, typed)
  expect(keptAt(key, noon + 25 * 3_600_000)).toBeUndefined()
})

test('what cannot be read is as good as nothing', () => {
  for (const text of ['{', 'null', '[]', '{"at":"x","patch":{},"names":{}}', '{"at":1}']) {
    sessionStorage.setItem(key, text)
    expect(keptAt(key, noon)).toBeUndefined()
  }
})
