import type { PaperSize, PrintBlock } from '@/api/prints'
import type { Height } from './pages'

/** Millimetres of the sides of a paper, standing. */
const sides = { A3: [297, 420], A4: [210, 297], A5: [148, 210] } as const

/** Margins in millimetres: the foot of the page stands in the lower one. */
export const margins = { side: 12, top: 11, bottom: 14 }

/** Width and height of a paper in millimetres. */
export function paperOf(page: PaperSize): { width: number; height: number } {
  const [short, long] = sides[page.size]
  return page.landscape ? { width: long, height: short } : { width: short, height: long }
}

/** How many rows a block has that may be parted from each other; 0 for one that cannot be. */
export function countOf(block: PrintBlock): number {
  if (block.type === 'table') return Math.max(block.rows?.length ?? 0, block.minRows ?? 0)
  if (block.type === 'matrix') return block.matrix?.rows.length ?? 0
  if (block.type === 'trail') return block.steps?.length ?? 0
  return 0
}

/** Reads the heights of a block that was drawn whole, in pixels. */
export function heightOf(element: Element, block: PrintBlock): Height {
  const tall = (each: Element | null | undefined) => each?.getBoundingClientRect().height ?? 0
  const whole = tall(element)
  const count = countOf(block)
  if (count === 0) return { fixed: whole, head: 0, rows: [] }
  const lines = [...element.querySelectorAll('tbody > tr')].map(tall)
  const each = Math.max(1, Math.round(lines.length / count))
  const rows = Array.from({ length: count }, (_, i) =>
    lines.slice(i * each, (i + 1) * each).reduce((total, height) => total + height, 0),
  )
  const fixed = whole - rows.reduce((total, height) => total + height, 0)
  return { fixed, head: fixed - tall(element.querySelector('tfoot')), rows }
}
