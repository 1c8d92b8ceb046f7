import { describe, expect, it } from 'vitest'
import { extended, isSignature, type Stroke } from './strokes'

const line = (points: number, length: number): Stroke =>
  Array.from({ length: points }, (_, index) => ({ x: (index * length) / points, y: 10 }))

describe('a signature', () => {
  it.each([
    ['nothing drawn', [], false],
    ['a slip of the pen', [line(3, 200)], false],
    ['a dot drawn for long', [line(50, 4)], false],
    ['a line', [line(20, 120)], true],
    ['several strokes', [line(5, 60), line(5, 60)], true],
  ])('%s', (_name, strokes, want) => {
    expect(isSignature(strokes)).toBe(want)
  })

  it('grows at its last stroke', () => {
    const strokes = extended([[{ x: 1, y: 1 }], [{ x: 2, y: 2 }]], { x: 3, y: 3 })
    expect(strokes).toEqual([
      [{ x: 1, y: 1 }],
      [
        { x: 2, y: 2 },
        { x: 3, y: 3 },
      ],
    ])
  })
})
