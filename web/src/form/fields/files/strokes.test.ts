import { describe, expect, it } from 'vitest'
import { extended, fitted, frameOf, isSignature, type Stroke } from './strokes'

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

  it('is cut out with a margin', () => {
    expect(frameOf([[{ x: 50, y: 40 }], [{ x: 110, y: 90 }]])).toEqual({
      x: 44,
      y: 34,
      width: 72,
      height: 62,
    })
  })

  it.each([
    ['a pad as large leaves it', 400, 200, 1],
    ['a narrower pad makes it smaller', 103, 200, 0.5],
    ['a lower pad too', 400, 53, 0.5],
  ])('%s', (_name, width, height, scale) => {
    const drawn: Stroke[] = [[{ x: 20, y: 10 }], [{ x: 200, y: 100 }]]
    expect(fitted(drawn, width, height)).toEqual([
      [{ x: 20 * scale, y: 10 * scale }],
      [{ x: 200 * scale, y: 100 * scale }],
    ])
  })
})
