import type { Field } from '@/api/bundle'
import type { Row, Values, Wire } from '@/api/wire'
import { isComputed } from '../patch'

/** A place where two versions of a record differ from the one both began with. */
export interface Difference {
  name: string
  field: Field
  /** In a sub-table: the row by its number from 1, in the version it is in, and the column. */
  row?: { id: string; no: number; column?: string }
  theirs: Wire | undefined
  mine: Wire | undefined
}

type Versions = Record<'before' | 'theirs' | 'mine', Values>

function same(a: Wire | undefined, b: Wire | undefined): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
}

function changed(name: string, { before, theirs, mine }: Versions): boolean {
  return !same(before[name], theirs[name]) || !same(before[name], mine[name])
}

function rowsOf(value: Wire | undefined): readonly Row[] {
  return Array.isArray(value) ? (value as Row[]) : []
}

/** What differs, field by field and cell by cell. What is computed follows from the rest and is left out. */
export function differences(fields: Record<string, Field>, versions: Versions): Difference[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    if (isComputed(field) || !changed(name, versions)) return []
    if (field['x-type'] === 'table') return inTable(name, field, versions)
    return [{ name, field, theirs: versions.theirs[name], mine: versions.mine[name] }]
  })
}

function inTable(name: string, table: Field, versions: Versions): Difference[] {
  const columns = Object.entries(table.items?.properties ?? {}).filter(
    ([, field]) => !isComputed(field),
  )
  const [before, theirs, mine] = (['before', 'theirs', 'mine'] as const).map((version) => {
    const rows = rowsOf(versions[version][name])
    return new Map(rows.map((row, index) => [row._id, { row, no: index + 1 }]))
  })
  const ids = new Set([...(mine?.keys() ?? []), ...(theirs?.keys() ?? [])])
  return [...ids].flatMap((id): Difference[] => {
    const there = theirs?.get(id)
    const here = mine?.get(id)
    const no = (here ?? there)?.no ?? 0
    if (!there || !here) return onlyOnce(name, columns, { id, no }, [there?.row, here?.row])
    const old: Values = before?.get(id)?.row ?? {}
    return columns
      .filter(([column]) => changed(column, { before: old, theirs: there.row, mine: here.row }))
      .map(([column, field]) => ({
        name,
        field,
        row: { id, no, column },
        theirs: there.row[column],
        mine: here.row[column],
      }))
  })
}

/** A row that only one version has is told by its first column. */
function onlyOnce(
  name: string,
  columns: readonly (readonly [string, Field])[],
  row: { id: string; no: number },
  [theirs, mine]: readonly [Row | undefined, Row | undefined],
): Difference[] {
  const written: Values = theirs ?? mine ?? {}
  const told = columns.find(([column]) => written[column] !== undefined) ?? columns[0]
  if (!told) return []
  const [column, field] = told
  return [{ name, field, row, theirs: theirs?.[column], mine: mine?.[column] }]
}
