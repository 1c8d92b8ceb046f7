import { type Choice, findChoices } from '@/api/records'
import type { Values } from '@/api/wire'
import { headerOf } from '../fields/header-of'
import type { FormModel } from '../model'
import type { Pasted } from './cells'
import type { GridColumn } from './columns'

const named: ReadonlySet<string> = new Set(['reference', 'user', 'department'])

/** Whether a text written into the column names a record. */
export function isNamed(column: GridColumn): boolean {
  return named.has(column.field['x-type'])
}

/** What ids of the column are of. */
export function targetOf(column: GridColumn): string {
  const type = column.field['x-type']
  return type === 'reference' ? (column.field['x-entity'] ?? '') : type
}

/** How many requests run side by side; more would only wait in line. */
const lanes = 6

/** Where texts are looked up: the entity and its sub-table, the header as it is edited. */
export interface Lookup {
  entity: string
  table: string
  values: Values
}

/** Why it cannot be told what a text names. */
export type Unnamed = { code: 'not_found' } | { code: 'ambiguous'; n: number }

/** What a text names, if that can be told. */
export type Named = Choice | Unnamed

export function isChoice(named: Named | undefined): named is Choice {
  return named !== undefined && 'id' in named
}

/**
 * What a text names among choices: by its name, its code or whatever else its line shows in full; else what alone was
 * found for it.
 */
export function choiceNamed(text: string, items: readonly Choice[]): Named {
  const wanted = text.trim().toLowerCase()
  const is = (given: string) => given.trim().toLowerCase() === wanted
  const usable = items.filter((item) => !item.disabled)
  const exact = usable.filter((item) => is(item.text))
  const named = exact.length > 0 ? exact : usable.filter((item) => item.summary?.some(is))
  const [only] = named
  if (only && named.length === 1) return only
  return named.length > 1 ? { code: 'ambiguous', n: named.length } : { code: 'not_found' }
}

/** What alone was found for a text; if it was several, how many. */
function alone(items: readonly Choice[]): Named | undefined {
  const usable = items.filter((item) => !item.disabled)
  return usable.length > 1 ? { code: 'ambiguous', n: usable.length } : usable[0]
}

/** Finds what texts name, each of them. */
export async function resolveTexts(
  { entity, table, values }: Lookup,
  column: GridColumn,
  texts: readonly string[],
): Promise<Map<string, Named>> {
  const found = new Map<string, Named>()
  const ask = async (q: string) => {
    const field = `${table}.${column.name}`
    const body = { field, values: headerOf(values), row: {}, limit: 100, ...(q ? { q } : {}) }
    return await findChoices(entity, body, new AbortController().signal)
  }
  // A company's workers are often few enough to come in one answer, and a pasted block names many of them.
  const all = texts.length > 2 ? await ask('') : undefined
  const open: string[] = []
  for (const text of new Set(texts)) {
    const named = all && !all.next ? choiceNamed(text, all.items) : undefined
    if (isChoice(named)) found.set(text, named)
    else open.push(text)
  }
  const lane = async () => {
    for (let text = open.pop(); text !== undefined; text = open.pop()) {
      const { items, next } = await ask(text)
      const named = choiceNamed(text, items)
      found.set(text, isChoice(named) || next ? named : (alone(items) ?? named))
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return found
}

/** A pasted block with ids in place of the texts that name records. */
export interface ResolvedBlock {
  cells: string[][]
  names: { target: string; id: string; text: string }[]
  /** The texts that name none, by line and column. */
  odd: { line: number; column: string; text: string; why: Unnamed }[]
}

/** Puts ids in place of the texts that name records, as the engine takes ids only; tells which texts name none. */
export async function resolvePasted(
  lookup: Lookup,
  columns: readonly GridColumn[],
  pasted: Pasted,
): Promise<ResolvedBlock> {
  const block: ResolvedBlock = { cells: pasted.cells.map((line) => [...line]), names: [], odd: [] }
  for (const [index, name] of pasted.columns.entries()) {
    const column = columns.find((each) => each.name === name)
    if (column && isNamed(column)) await resolveColumn(lookup, column, index, block)
  }
  return block
}

async function resolveColumn(
  lookup: Lookup,
  column: GridColumn,
  index: number,
  { cells, names, odd }: ResolvedBlock,
): Promise<void> {
  const texts = cells.map((line) => line[index] ?? '').filter((text) => text !== '')
  const found = await resolveTexts(lookup, column, texts)
  for (const [line, cell] of cells.entries()) {
    const text = cell[index] ?? ''
    const named = found.get(text)
    if (isChoice(named)) {
      names.push({ target: targetOf(column), id: named.id, text: named.text })
      cell[index] = named.id
    } else if (named) odd.push({ line, column: column.name, text, why: named })
  }
}

/** Tells at a cell that its text names nothing, or several things. */
export function refuseText(model: FormModel, path: string, text: string, why: Unnamed): void {
  const { code, ...params } = why
  model.refuseAt({ field: path, code, params: { text, ...params } })
}
