import type { Form } from '@/api/definitions.gen'
import type { Values } from '@/api/wire'

/**
 * The layout for somebody who only reads: what is shown under a condition and holds nothing is left out. The engine, which
 * knows conditions, is not loaded for reading; what holds a value was shown when it was written.
 */
export function layoutToRead(layout: Form, values: Values): Form {
  return {
    ...layout,
    sections: layout.sections.flatMap((section) => {
      const items = section.items.filter(
        (item) => !((section.visible ?? item.visible) && holdsNothing(values[item.field])),
      )
      return items.length === 0 && section.items.length > 0 ? [] : [{ ...section, items }]
    }),
  }
}

function holdsNothing(value: unknown): boolean {
  return (
    value === undefined || value === null || value === '' || (Array.isArray(value) && !value.length)
  )
}
