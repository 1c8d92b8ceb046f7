import type { Entity } from '@/api/bundle'

/** The paths a node does not open for writing: fields, and columns of sub-tables of which it opens only some. */
export function closedPaths(
  entity: Entity,
  rights: Readonly<Record<string, 'w' | 'r' | '-'>>,
): string[] {
  return Object.entries(entity.properties).flatMap(([name, field]) => {
    if (rights[name] === 'w') return []
    const columns = Object.keys(field.items?.properties ?? {})
    return [
      name,
      ...columns.map((column) => `${name}.${column}`).filter((path) => rights[path] !== 'w'),
    ]
  })
}
