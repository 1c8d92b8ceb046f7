import { expect, test } from 'vitest'
import type { Row } from '@/api/wire'
import { cleared, fillAll, fillDown, pastedInto, type Sheet } from './cells'
import type { GridColumn } from './columns'

function column(name: string, title: string, type: 'text' | 'decimal' | 'image'): GridColumn {
  const field = { type: 'string', 'x-type': type } as const
  return { name, title, field, width: 100, total: undefined, numeric: type === 'decimal' }
}

const columns = [
  column('worker', '工人', 'text'),
  column('hours', '正常小时', 'decimal'),
  column('overtime', '加班小时', 'decimal'),
  column('photo', '照片', 'image'),
]

const rows: Row[] = [
  { _id: 'a', worker: '张', hours: '8', overtime: '2', photo: ['f1'] },
  { _id: 'b', worker: '李', hours: '8' },
  { _id: 'c', worker: '王', hours: '4', overtime: '1' },
]

const sheet: Sheet = { table: 'lines', columns, rows, open: (path) => path !== 'lines[b].overtime' }
const cells = (top: number, bottom: number, left: number, right = left) => ({
  top,
  bottom,
  left,
  right,
})

test('the first row of a selection goes into those below, where they may be written and differ', () => {
  expect([...fillDown(sheet, cells(0, 2, 1, 2))]).toEqual([
    ['lines[c].hours', '8'],
    ['lines[c].overtime', '2'],
  ])
})

test('a single row takes what stands above it; the first one has nothing above', () => {
  expect([...fillDown(sheet, cells(2, 2, 1))]).toEqual([['lines[c].hours', '8']])
  expect(fillDown(sheet, cells(0, 0, 1)).size).toBe(0)
})

test('an empty cell empties those below', () => {
  expect([...fillDown({ ...sheet, open: () => true }, cells(1, 2, 2))]).toEqual([
    ['lines[c].overtime', undefined],
  ])
})

test('one value is for all rows, or for the selected ones', () => {
  const all = fillAll(sheet, { row: 2, column: 1 }, cells(2, 2, 1))
  expect([...all]).toEqual([
    ['lines[a].hours', '4'],
    ['lines[b].hours', '4'],
  ])
  const selected = fillAll(sheet, { row: 2, column: 1 }, cells(1, 2, 1))
  expect([...selected]).toEqual([['lines[b].hours', '4']])
})

test('photos stay with their row', () => {
  expect(fillAll(sheet, { row: 0, column: 3 }, cells(0, 0, 3)).size).toBe(0)
  expect(fillDown(sheet, cells(0, 2, 3)).size).toBe(0)
})

test('only what is there and may be written is emptied', () => {
  expect([...cleared(sheet, cells(0, 1, 1, 2)).keys()]).toEqual([
    'lines[a].hours',
    'lines[a].overtime',
    'lines[b].hours',
  ])
})

test('lines are pasted from the column of the cursor on, no further than there are columns', () => {
  expect(pastedInto([['8', '1', 'x', 'y', 'z'], ['9']], columns, cells(0, 0, 1))).toEqual({
    columns: ['hours', 'overtime', 'photo'],
    cells: [['8', '1', 'x'], ['9']],
  })
})

test('headings that are copied along name the columns and are no row', () => {
  const lines = [
    ['加班小时', '备注外', ''],
    ['1', 'x', ''],
  ]
  expect(pastedInto(lines, columns, cells(0, 0, 0)).cells).toHaveLength(2)
  const known = [
    ['加班小时', '工人*', ''],
    ['1', '张', 'x'],
  ]
  expect(pastedInto(known, columns, cells(0, 0, 0))).toEqual({
    columns: ['overtime', 'worker', ''],
    cells: [['1', '张', 'x']],
  })
})

test('one cell fills the whole selection', () => {
  expect(pastedInto([['8']], columns, cells(0, 2, 1, 2))).toEqual({
    columns: ['hours', 'overtime', 'photo'],
    cells: [
      ['8', '8'],
      ['8', '8'],
      ['8', '8'],
    ],
  })
})
