import type { Row, Values, Wire } from '@/api/wire'
import { parsePath } from '@/lib/path'
import type { FormModel } from './model'
import { isComputed, isNewRow } from './patch'

/** What one step of work changed in the rows of a sub-table; computed values follow by themselves. */
export interface Step {
  cells: readonly { path: string; before: Wire | undefined; after: Wire | undefined }[]
  /** The rows that came or went, with what people wrote in them. */
  gone: readonly Row[]
  come: readonly Row[]
  before: readonly string[]
  after: readonly string[]
}

/** The columns of a row that people wrote, of those that are not computed. */
type Given = (row: Row) => Values

const most = 100

/** What was done to the rows of a sub-table on this page, to be undone and done again. */
export class TableHistory {
  private readonly model: FormModel
  private readonly table: string
  private done: Step[] = []
  private undone: Step[] = []
  private begun: readonly Row[] | undefined
  private readonly listeners = new Set<() => void>()

  constructor(model: FormModel, table: string) {
    this.model = model
    this.table = table
  }

  /** Does something as one step. */
  run<T>(change: () => T): T {
    this.end()
    this.begin()
    const result = change()
    this.end()
    return result
  }

  /** A step begins that ends later, such as the editing of a cell. */
  begin(): void {
    this.begun ??= this.model.rows(this.table)
  }

  /** The step ends; nothing is noted if nothing changed. */
  end(): void {
    const before = this.begun
    this.begun = undefined
    if (!before) return
    const after = this.model.rows(this.table)
    if (before === after) return
    const step = stepBetween(this.table, before, after, this.given)
    if (!step) return
    this.done = [...this.done.slice(1 - most), step]
    this.undone = []
    this.tell()
  }

  /** A value that was written turned out to mean another one: steps lead to that one from now on. */
  amend(path: string, from: Wire, to: Wire): void {
    const amended = (step: Step): Step => amendedStep(step, path, from, to)
    this.done = this.done.map(amended)
    this.undone = this.undone.map(amended)
  }

  undo(): boolean {
    this.end()
    const step = this.done.pop()
    if (!step) return false
    this.undone.push(step)
    this.put(turned(step))
    return true
  }

  redo(): boolean {
    this.end()
    const step = this.undone.pop()
    if (!step) return false
    this.done.push(step)
    this.put(step)
    return true
  }

  canUndo = (): boolean => this.done.length > 0
  canRedo = (): boolean => this.undone.length > 0

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  private readonly given: Given = (row) => {
    const values: Values = {}
    for (const [column, value] of Object.entries(row)) {
      const field = this.model.columnsOf(this.table)[column]
      if (!field || isComputed(field)) continue
      if (isNewRow(row) && !this.model.wasWritten(`${this.table}[${row._id}].${column}`)) continue
      values[column] = value
    }
    return values
  }

  private put(step: Step): void {
    const rows = rowsAfter(step, this.model.rows(this.table))
    if (rows) {
      const plain = rows.map((row) => ({ ...this.given(row), _id: row._id }))
      this.model.replaceRows(this.table, plain)
    } else {
      this.model.write(this.table, new Map(step.cells.map(({ path, after }) => [path, after])))
    }
    this.tell()
  }

  private tell(): void {
    for (const listener of this.listeners) listener()
  }
}

/** What happened between two states of the rows; undefined if people changed nothing. */
export function stepBetween(
  table: string,
  before: readonly Row[],
  after: readonly Row[],
  given: Given,
): Step | undefined {
  const old = new Map(before.map((row) => [row._id, row]))
  const present = new Set(after.map((row) => row._id))
  const keep = (row: Row): Row => ({ ...given(row), _id: row._id })
  const gone = before.filter((row) => !present.has(row._id)).map(keep)
  const come = after.filter((row) => !old.has(row._id)).map(keep)
  const cells = after.flatMap((row) => {
    const was = old.get(row._id)
    return was && was !== row ? changedCells(table, was, row, given) : []
  })
  const ids = (rows: readonly Row[]) => rows.map((row) => row._id)
  const moved = ids(before).join() !== ids(after).join()
  if (cells.length === 0 && !moved) return undefined
  return { cells, gone, come, before: ids(before), after: ids(after) }
}

function changedCells(table: string, was: Row, row: Row, given: Given): Step['cells'] {
  const [old, fresh] = [given(was), given(row)]
  const columns = new Set([...Object.keys(old), ...Object.keys(fresh)])
  return [...columns]
    .filter((column) => JSON.stringify(old[column]) !== JSON.stringify(fresh[column]))
    .map((column) => ({
      path: `${table}[${row._id}].${column}`,
      before: old[column],
      after: fresh[column],
    }))
}

function amendedStep(step: Step, path: string, from: Wire, to: Wire): Step {
  const { row: id, column = '' } = parsePath(path)
  const inCell = (value: Wire | undefined) => (value === from ? to : value)
  const inRow = (row: Row): Row =>
    row._id === id && row[column] === from ? { ...row, [column]: to } : row
  return {
    ...step,
    cells: step.cells.map((cell) =>
      cell.path === path ? { path, before: inCell(cell.before), after: inCell(cell.after) } : cell,
    ),
    gone: step.gone.map(inRow),
    come: step.come.map(inRow),
  }
}

/** The step that takes another one back. */
export function turned({ cells, gone, come, before, after }: Step): Step {
  return {
    cells: cells.map((cell) => ({ path: cell.path, before: cell.after, after: cell.before })),
    gone: come,
    come: gone,
    before: after,
    after: before,
  }
}

/**
 * The rows a step leads to from the present ones, which may hold more than the step knows of: rows and values that
 * came otherwise stay. Undefined if the step changes cells only.
 */
export function rowsAfter(step: Step, present: readonly Row[]): Row[] | undefined {
  if (step.before.join() === step.after.join()) return undefined
  const known = new Map(step.come.map((row) => [row._id, row]))
  for (const row of present) known.set(row._id, row)
  for (const { path, after } of step.cells) {
    const { row = '', column = '' } = parsePath(path)
    const at = known.get(row)
    if (!at) continue
    const { [column]: _, ...rest }: Values = at
    known.set(row, { ...rest, ...(after === undefined ? {} : { [column]: after }), _id: row })
  }
  const gone = new Set(step.gone.map((row) => row._id))
  const wanted = new Set(step.after)
  const others = present.filter((row) => !wanted.has(row._id) && !gone.has(row._id))
  const rows = step.after.flatMap((id) => known.get(id) ?? [])
  return [...rows, ...others]
}
