import type { Widget } from '@/api/definitions.gen'

type Place = Pick<Widget, 'x' | 'y' | 'w' | 'h'>

function overlap(a: Place, b: Place): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

/** Moves widgets up as far as those above allow: what the reader may not see leaves no hole. In reading order. */
export function compacted<T extends Place>(widgets: readonly T[]): T[] {
  const placed: T[] = []
  for (const widget of [...widgets].sort((a, b) => a.y - b.y || a.x - b.x)) {
    let y = widget.y
    while (y > 0 && !placed.some((other) => overlap(other, { ...widget, y: y - 1 }))) y--
    placed.push({ ...widget, y })
  }
  return placed.sort((a, b) => a.y - b.y || a.x - b.x)
}
