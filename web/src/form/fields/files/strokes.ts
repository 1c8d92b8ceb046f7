/** A point of a stroke, in pixels of the pad. */
export interface Point {
  x: number
  y: number
}

/** A line drawn without lifting the pen. */
export type Stroke = readonly Point[]

/** Adds a point to the last stroke. */
export function extended(strokes: readonly Stroke[], point: Point): readonly Stroke[] {
  const last = strokes.at(-1) ?? []
  return [...strokes.slice(0, -1), [...last, point]]
}

/** Whether enough is drawn to be a signature, and not a slip of the pen. */
export function isSignature(strokes: readonly Stroke[]): boolean {
  const points = strokes.flat()
  if (points.length < 8) return false
  const span = (of: (point: Point) => number) =>
    Math.max(...points.map(of)) - Math.min(...points.map(of))
  return span((point) => point.x) + span((point) => point.y) >= 40
}

/** Draws strokes as smooth lines. */
export function draw(pen: CanvasRenderingContext2D, strokes: readonly Stroke[]): void {
  pen.lineWidth = 3
  pen.lineCap = 'round'
  pen.lineJoin = 'round'
  pen.strokeStyle = '#10231f'
  for (const stroke of strokes) {
    const [first, ...rest] = stroke
    if (!first) continue
    pen.beginPath()
    pen.moveTo(first.x, first.y)
    let before = first
    for (const point of rest) {
      pen.quadraticCurveTo(before.x, before.y, (before.x + point.x) / 2, (before.y + point.y) / 2)
      before = point
    }
    pen.lineTo(before.x, before.y)
    pen.stroke()
  }
}

/** Pixels around the lines of a picture. */
const margin = 6

/** The part of the pad that was drawn on, with a margin. */
export function frameOf(strokes: readonly Stroke[]): Point & { width: number; height: number } {
  const points = strokes.flat()
  const xs = points.map(({ x }) => x)
  const ys = points.map(({ y }) => y)
  const x = Math.min(...xs) - margin
  const y = Math.min(...ys) - margin
  return { x, y, width: Math.max(...xs) + margin - x, height: Math.max(...ys) + margin - y }
}

/** Strokes made smaller, where they have to be, to lie inside a pad of this size. */
export function fitted(
  strokes: readonly Stroke[],
  width: number,
  height: number,
): readonly Stroke[] {
  if (strokes.length === 0 || width <= 0 || height <= 0) return strokes
  const frame = frameOf(strokes)
  const scale = Math.min(1, width / (frame.x + frame.width), height / (frame.y + frame.height))
  if (scale === 1) return [...strokes]
  return strokes.map((stroke) => stroke.map(({ x, y }) => ({ x: x * scale, y: y * scale })))
}
