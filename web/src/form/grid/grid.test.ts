import { expect, test } from 'vitest'
import { formatCells, parseCells } from './clipboard'
import { commandOf } from './commands'
import { follow, moved, rangeBetween } from './cursor'

test.each([
  [
    '张三\t8\n李四\t9\n',
    [
      ['张三', '8'],
      ['李四', '9'],
    ],
  ],
  [
    'a\tb\r\nc\td',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  ['"两行\n一格"\t"他说""好"""', [['两行\n一格', '他说"好"']]],
  ['\t8\n', [['', '8']]],
  ['5" 管\t1', [['5" 管', '1']]],
  ['一格', [['一格']]],
  ['', [['']]],
])('%j is read as cells', (text, want) => {
  expect(parseCells(text)).toEqual(want)
})

test('what is copied is read back the same', () => {
  const cells = [
    ['a\tb', '"x"', ''],
    ['行\n行', '8.5', 'z'],
  ]
  expect(parseCells(formatCells(cells))).toEqual(cells)
})

const extent = { rows: 3, columns: 4 }

test.each([
  ['ArrowDown', { row: 2, column: 3 }],
  ['ArrowRight', { row: 1, column: 3 }],
  ['ArrowUp', { row: 0, column: 3 }],
  ['Home', { row: 1, column: 0 }],
  ['PageDown', { row: 2, column: 3 }],
  ['a', undefined],
])('%s leads from the right edge of the middle row to %j', (key, want) => {
  expect(moved({ row: 1, column: 3 }, key, extent)).toEqual(want)
})

test('Tab goes on in the next row and leaves the grid at its ends', () => {
  expect(follow({ row: 0, column: 3 }, true, extent)).toEqual({ row: 1, column: 0 })
  expect(follow({ row: 1, column: 0 }, false, extent)).toEqual({ row: 0, column: 3 })
  expect(follow({ row: 2, column: 3 }, true, extent)).toBeUndefined()
  expect(follow({ row: 0, column: 0 }, false, extent)).toBeUndefined()
})

test('a selection is the same from whichever corner it was made', () => {
  const a = { row: 2, column: 0 }
  const b = { row: 0, column: 3 }
  expect(rangeBetween(a, b)).toEqual(rangeBetween(b, a))
  expect(rangeBetween(a, b)).toEqual({ top: 0, bottom: 2, left: 0, right: 3 })
})

test('Tab passes over what cannot be written', () => {
  const open = ({ column }: { column: number }) => column < 2
  expect(follow({ row: 0, column: 1 }, true, extent, open)).toEqual({ row: 1, column: 0 })
  expect(follow({ row: 1, column: 0 }, false, extent, open)).toEqual({ row: 0, column: 1 })
  expect(follow({ row: 2, column: 1 }, true, extent, open)).toBeUndefined()
})

test.each([
  ['ArrowDown', { row: 2, column: 1 }],
  ['ArrowLeft', { row: 1, column: 0 }],
  ['Home', { row: 0, column: 0 }],
  ['End', { row: 2, column: 3 }],
  ['PageDown', undefined],
])('Ctrl+%s leads to the edge, %j', (key, want) => {
  expect(moved({ row: 1, column: 1 }, key, extent, true)).toEqual(want)
})

const chord = (text: string) => {
  const parts = text.split('+')
  return {
    key: parts.at(-1) ?? '',
    ctrlKey: parts.includes('Ctrl'),
    metaKey: parts.includes('Cmd'),
    shiftKey: parts.includes('Shift'),
    altKey: parts.includes('Alt'),
  }
}

test.each([
  ['Ctrl+z', 'undo'],
  ['Cmd+z', 'undo'],
  ['Ctrl+Shift+Z', 'redo'],
  ['Ctrl+y', 'redo'],
  ['Ctrl+D', 'fillDown'], // caps lock
  ['Ctrl+Shift+D', 'copyRows'],
  ['Ctrl+Enter', 'fillAll'],
  ['Ctrl+Backspace', 'deleteRows'],
  ['Ctrl+c', undefined],
  ['Ctrl+Alt+z', undefined],
  ['z', undefined],
])('%s is %s', (keys, want) => {
  expect(commandOf(chord(keys))).toBe(want)
})
