import { findChoices } from '@/api/records'
import type { Values } from '@/api/wire'
import type { GridColumn } from './columns'

const asWritten: ReadonlySet<string> = new Set(['reference', 'user', 'department'])

/**
 * Replaces the texts pasted into reference columns by the ids they name, as the engine takes ids only. A text that
 * names nothing, or several things, stays and is refused where it stands.
 */
export async function resolvePasted(
  entity: string,
  table: string,
  columns: readonly GridColumn[],
  cells: readonly (readonly string[])[],
  values: Values,
): Promise<{ cells: string[][]; names: { target: string; id: string; text: string }[] }> {
  const found = new Map<string, { target: string; id: string; text: string }>()
  for (const [index, column] of columns.entries()) {
    const type = column.field['x-type']
    if (!asWritten.has(type)) continue
    const target = type === 'reference' ? (column.field['x-entity'] ?? '') : type
    const texts = new Set(cells.map((row) => row[index] ?? '').filter((text) => text !== ''))
    const answers = await Promise.all(
      [...texts].map(async (text) => {
        const field = `${table}.${column.name}`
        const { items } = await findChoices(
          entity,
          { field, q: text, values, row: {} },
          new AbortController().signal,
        )
        const exact = items.filter((item) => item.text === text)
        const only = exact.length === 1 ? exact[0] : items.length === 1 ? items[0] : undefined
        return { text, only }
      }),
    )
    for (const { text, only } of answers) {
      if (only) found.set(`${index}|${text}`, { target, id: only.id, text: only.text })
    }
  }
  return {
    cells: cells.map((row) => row.map((cell, index) => found.get(`${index}|${cell}`)?.id ?? cell)),
    names: [...found.values()],
  }
}
