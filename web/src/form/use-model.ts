import { useCallback, useRef, useSyncExternalStore } from 'react'
import type { Problem } from '@/api/wire'
import type { FieldView, FormModel, RowView } from './model'

/** A field (or cell) as it stands; renders again only when that one changes. */
export function useField(model: FormModel, path: string): FieldView {
  const subscribe = useCallback(
    (listener: () => void) => model.subscribe(path, listener),
    [model, path],
  )
  return useSyncExternalStore(subscribe, () => model.field(path))
}

/** A row of a sub-table as it stands. */
export function useRow(model: FormModel, table: string, id: string): RowView {
  const subscribe = useCallback(
    (listener: () => void) => model.subscribeRow(table, id, listener),
    [model, table, id],
  )
  return useSyncExternalStore(subscribe, () => model.row(table, id))
}

/** The ids of a sub-table's rows in their order. */
export function useRowIds(model: FormModel, table: string): readonly string[] {
  const subscribe = useCallback(
    (listener: () => void) => model.subscribeRowIds(table, listener),
    [model, table],
  )
  return useSyncExternalStore(subscribe, () => model.rowIds(table))
}

/** What there is to tell about the whole form. */
export function useProblems(model: FormModel): readonly Problem[] {
  const subscribe = useCallback(
    (listener: () => void) => model.subscribeProblems(listener),
    [model],
  )
  return useSyncExternalStore(subscribe, () => model.problems())
}

/** A text made from the cells of a sub-table and nothing else, renewed when any of them changes. */
export function useInside(model: FormModel, table: string, make: () => string): string {
  const subscribe = useCallback(
    (listener: () => void) => model.subscribeInside(table, listener),
    [model, table],
  )
  // React asks several times at each change; adding up a thousand rows once is enough.
  const made = useRef<{ rows: unknown; text: string } | undefined>(undefined)
  return useSyncExternalStore(subscribe, () => {
    const rows = model.values()[table]
    if (!made.current || made.current.rows !== rows || rows === undefined)
      made.current = { rows, text: make() }
    return made.current.text
  })
}
