import { expect, test } from 'vitest'
import { type Height, layOut, paginate } from './pages'

const plain = (fixed: number): Height => ({ fixed, head: 0, rows: [] })
const table = (rows: number, height = 10, head = 10, foot = 20): Height => ({
  fixed: head + foot,
  head,
  rows: Array.from({ length: rows }, () => height),
})

test('what fits stands on one page', () => {
  expect(paginate([plain(50), table(5), plain(20)], 150)).toEqual([
    [
      { block: 0, from: 0, to: 0, last: true },
      { block: 1, from: 0, to: 5, last: true },
      { block: 2, from: 0, to: 0, last: true },
    ],
  ])
})

test('a table goes on with its head on the next page', () => {
  expect(paginate([plain(50), table(12)], 100)).toEqual([
    [
      { block: 0, from: 0, to: 0, last: true },
      { block: 1, from: 0, to: 4, last: false },
    ],
    [{ block: 1, from: 4, to: 11, last: false }],
    [{ block: 1, from: 11, to: 12, last: true }],
  ])
})

test('the foot never stands alone: the last row goes with it', () => {
  expect(paginate([table(8)], 100)).toEqual([
    [{ block: 0, from: 0, to: 7, last: false }],
    [{ block: 0, from: 7, to: 8, last: true }],
  ])
})

test('a block that does not fit begins on the next page', () => {
  expect(paginate([plain(70), plain(40)], 100)).toEqual([
    [{ block: 0, from: 0, to: 0, last: true }],
    [{ block: 1, from: 0, to: 0, last: true }],
  ])
})

test('what is larger than a page is put all the same, once', () => {
  expect(paginate([plain(300)], 100)).toEqual([[{ block: 0, from: 0, to: 0, last: true }]])
  const rows = paginate([table(3, 200)], 100).flat()
  expect(rows.map((piece) => [piece.from, piece.to])).toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
  ])
})

test('every row is on paper once, whatever the room', () => {
  for (let room = 45; room < 400; room += 7) {
    for (const rows of [1, 2, 3, 8, 20, 33]) {
      const pieces = paginate([plain(30), table(rows), plain(25)], room)
        .flat()
        .filter((piece) => piece.block === 1)
      const seen = pieces.flatMap((piece) =>
        Array.from({ length: piece.to - piece.from }, (_, i) => piece.from + i),
      )
      expect(seen, `${rows} rows in ${room}`).toEqual(Array.from({ length: rows }, (_, i) => i))
      expect(pieces.filter((piece) => piece.last)).toHaveLength(1)
    }
  }
})

test('three payslips share a page, a long one takes two shares', () => {
  const slip = [plain(60)]
  const pages = layOut([slip, slip, slip, slip], 300, 3)
  expect(pages.map((parts) => parts.map((part) => part.document))).toEqual([[0, 1, 2], [3]])
  const long = layOut([slip, [plain(190)], slip], 300, 3)
  expect(long.map((parts) => parts.map((part) => part.document))).toEqual([[0, 1], [2]])
})

test('documents with pages of their own count them', () => {
  const pages = layOut([[table(12)], [plain(10)]], 100, 1)
  expect(
    pages.map((parts) => parts.map((part) => `${part.document}:${part.page}/${part.pages}`)),
  ).toEqual([['0:1/2'], ['0:2/2'], ['1:1/1']])
})
