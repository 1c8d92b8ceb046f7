import type { MenuItem } from '@/api/menu'
import { titleOf } from '@/lib/texts'

/** The kinds of records the menu leads to, as choices; each once. */
export function kindsIn(menu: readonly MenuItem[]): { value: string; label: string }[] {
  const kinds = new Map<string, string>()
  const walk = (items: readonly MenuItem[]) => {
    for (const item of items) {
      if (item.entity && item.view && !kinds.has(item.entity)) kinds.set(item.entity, titleOf(item))
      if (item.items) walk(item.items)
    }
  }
  walk(menu)
  return [...kinds].map(([value, label]) => ({ value, label }))
}
