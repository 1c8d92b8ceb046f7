// How documents become pages. Heights are measured by the browser and come in as numbers of one unit; nothing is drawn here.

/** The height of a block: of its own, or of its head, rows and foot if it may be continued on the next page. */
export interface Height {
  /** Of everything but the rows. */
  fixed: number
  /** Of what is repeated on every page, part of fixed. */
  head: number
  rows: readonly number[]
}

/** A block on a page: all of it, or some of its rows. */
export interface Piece {
  block: number
  from: number
  to: number
  /** The foot stands under it. */
  last: boolean
}

/** A part of a document on a page. */
export interface Part {
  document: number
  /** Place of this part in its document, and how many there are. */
  page: number
  pages: number
  pieces: Piece[]
}

/** Breaks one document into pages: a block that does not fit begins on the next page, unless its rows can be parted. */
export function paginate(blocks: readonly Height[], room: number): Piece[][] {
  const breaking = new Breaking(room)
  blocks.forEach((height, block) => {
    if (height.rows.length === 0) breaking.whole(block, height)
    else breaking.parted(block, height)
  })
  return breaking.pages
}

/** A document on its way onto pages. */
class Breaking {
  readonly pages: Piece[][] = [[]]
  private readonly room: number
  private left: number

  constructor(room: number) {
    this.room = room
    this.left = room
  }

  whole(block: number, height: Height): void {
    if (height.fixed > this.left) this.turn()
    this.put(block, height, { from: 0, to: 0, last: true })
  }

  parted(block: number, height: Height): void {
    const count = height.rows.length
    let from = 0
    while (from < count) {
      const { to, foot } = fitting(height, from, this.left)
      if (to === from && this.left < this.room) {
        this.turn()
        continue
      }
      // Not one row fits on a page of its own: it is put all the same, or this would never end.
      const end = Math.max(to, from + 1)
      if (end < count) {
        this.put(block, height, { from, to: end, last: false })
        this.turn()
        from = end
        continue
      }
      this.end(block, height, { from, foot })
      return
    }
  }

  /** Puts the last rows; where their foot does not fit, it takes the last of them along to the next page. */
  private end(block: number, height: Height, rest: { from: number; foot: boolean }): void {
    const { from, foot } = rest
    const count = height.rows.length
    const fresh = this.left === this.room
    if (foot || (fresh && count - from === 1)) {
      this.put(block, height, { from, to: count, last: true })
      return
    }
    if (count - from > 1) this.put(block, height, { from, to: count - 1, last: false })
    this.turn()
    this.put(block, height, { from: count - 1, to: count, last: true })
  }

  private turn(): void {
    if (this.left === this.room) return
    this.pages.push([])
    this.left = this.room
  }

  private put(block: number, height: Height, rows: Omit<Piece, 'block'>): void {
    this.pages[this.pages.length - 1]?.push({ block, ...rows })
    const taken = height.rows.slice(rows.from, rows.to)
    this.left -= (rows.last ? height.fixed : height.head) + sum(taken)
  }
}

/** How many rows from one on fit, and whether the foot fits below them. */
function fitting(height: Height, from: number, left: number): { to: number; foot: boolean } {
  const foot = height.fixed - height.head
  let used = height.head
  let to = from
  while (to < height.rows.length && used + (height.rows[to] ?? 0) <= left) {
    used += height.rows[to] ?? 0
    to++
  }
  return { to, foot: used + foot <= left }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

/**
 * Lays documents out on pages: each on pages of its own, or several below each other. Of several on a page none is
 * broken; one that needs more than its share takes it from the next.
 */
export function layOut(
  documents: readonly (readonly Height[])[],
  room: number,
  perPage: number,
): Part[][] {
  const pages: Part[][] = []
  let used = room
  documents.forEach((blocks, document) => {
    const whole = sum(blocks.map((height) => height.fixed + sum(height.rows)))
    if (perPage > 1 && whole <= room) {
      const share = Math.max(whole, room / perPage)
      // A rounding of the shares must not push the last one off the page.
      if (used + share > room + 0.5) {
        pages.push([])
        used = 0
      }
      used += share
      const pieces = blocks.map((height, block) => ({
        block,
        from: 0,
        to: height.rows.length,
        last: true,
      }))
      pages[pages.length - 1]?.push({ document, page: 1, pages: 1, pieces })
      return
    }
    const broken = paginate(blocks, room)
    broken.forEach((pieces, index) => {
      pages.push([{ document, page: index + 1, pages: broken.length, pieces }])
    })
    used = room
  })
  return pages
}
