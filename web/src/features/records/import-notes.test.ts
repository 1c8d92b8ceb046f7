import { expect, test } from 'vitest'
import type { Bundle } from '@/api/bundle'
import type { ImportReport } from '@/api/sheets'
import { columnOf, notesOf, placeOf, wantsReason } from './import-notes'

const bundle = {
  entity: {
    name: 'worker',
    title: '工人',
    properties: { name: { type: 'string', 'x-type': 'text', title: '姓名' } },
    'x-unique': { id_no: { fields: ['id_no'], message: '该身份证号已登记' } },
    'x-rules': { age: { must: 'age >= 16', message: '未满 16 周岁不得用工' } },
  },
} as unknown as Bundle

const report = (problems: ImportReport['problems']): ImportReport => ({
  rows: 2,
  records: 2,
  ok: 0,
  created: 0,
  updated: 0,
  same: 0,
  problems,
  more: 0,
  stored: false,
})

test('notes say what is wrong: the words of a rule, the name nobody knows, the cell', () => {
  const notes = notesOf(
    bundle,
    report([
      { row: 2, column: 'C', field: 'name', code: 'age', rule: 'age', level: 'error' },
      { row: 3, field: 'team', code: 'reference', params: { key: 'T9' }, level: 'error' },
      { row: 4, column: 'A', field: 'name', code: 'option', params: { needsReason: true } },
      { row: 5, column: 'F', field: 'id_no', code: 'duplicate_id_card', rule: 'id_no' },
      { row: 6, column: 'F', field: 'id_no', code: 'taken', rule: 'id_no', params: { row: 2 } },
      { row: 7, column: 'A', field: 'no', code: 'duplicate', rule: 'natural', params: { row: 2 } },
    ]),
  )
  expect(notes).toEqual([
    { row: 2, column: 'C', text: '未满 16 周岁不得用工' },
    { row: 3, text: '没有找到“T9”，请核对名称或改填编码' },
    { row: 4, column: 'A', text: '请从选项中选择（填写“补充原因”后可以导入）' },
    { row: 5, column: 'F', text: '该身份证号已登记' },
    { row: 6, column: 'F', text: '该身份证号已登记（与第 2 行相同）' },
    { row: 7, column: 'A', text: '已存在相同内容，请修改（与第 2 行相同）' },
  ])
})

test('a place is a cell, or a line', () => {
  expect(placeOf({ row: 7, column: 'AB', field: 'a', code: 'x' })).toBe('AB7')
  expect(placeOf({ row: 7, field: 'a', code: 'x' })).toBe('7')
})

test('a column is called as its workbook heads it, else by its field; a line has none', () => {
  const headed = { ...report([]), columns: [{ column: 'C', label: '工人姓名', field: 'name' }] }
  expect(columnOf(bundle, headed, { row: 2, column: 'C', field: 'name', code: 'x' })).toBe(
    '工人姓名',
  )
  expect(columnOf(bundle, report([]), { row: 2, column: 'C', field: 'name', code: 'x' })).toBe(
    '姓名',
  )
  expect(columnOf(bundle, headed, { row: 2, field: 'name', code: 'x' })).toBe('')
})

test('a reason is asked for only where it helps', () => {
  const late = { row: 2, field: 'work_date', code: 'late' }
  expect(wantsReason(report([late]))).toBe(false)
  expect(wantsReason(report([{ ...late, params: { needsReason: true } }]))).toBe(true)
})
