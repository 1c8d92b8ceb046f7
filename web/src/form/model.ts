import type { Field } from '@/api/bundle'
import type { Problem, Row, Values, Wire } from '@/api/wire'
import { parsePath } from '@/lib/path'
import type { Ask, Changes, Editing, FieldState, Opened, RowsOperation } from './engine'
import { type FormFields, statesBefore } from './first-states'
import { TableHistory } from './history'
import { pathsInOrder } from './paths-in-order'
import { type Topic, Topics } from './topics'
import { keep, withValue, withValues } from './with-value'

/** What a field shows: its value, how it may be used, and what is wrong with it as far as the person should hear of it. */
export interface FieldView {
  value: Wire | undefined
  state: FieldState
  problems: readonly Problem[]
}

/** A row of a sub-table with all its cells. */
export interface RowView {
  row: Row
  state: (column: string) => FieldState
  problems: (column: string) => readonly Problem[]
}

const none: readonly Problem[] = []
const ordinary: FieldState = {}
const everything: Topic = '*'

/** What the person does not need to hear before he has been there. */
const early = new Set(['required', 'minItems', 'min_items'])

/** Texts that name nothing: what rules say of them is of no use. */
const unreadable = new Set(['not_found', 'ambiguous'])

function rowTopic(table: string, row: string): Topic {
  return `${table}[${row}]`
}

/** The topic that hears of every change inside a sub-table, for totals. */
function insideTopic(table: string): Topic {
  return `${table}[]`
}

/**
 * A record while it is edited. It holds what the form shows and tells those who show it; what follows from a change
 * (computed values, states, problems) is the engine's, which may join later. Without it values are only kept.
 */
export class FormModel {
  private current: Values
  private readonly fields: Record<string, Field>
  private readonly order: readonly string[]
  private states: Map<string, FieldState>
  private found = new Map<string, Problem[]>()
  private refused = new Map<string, Problem[]>()
  private readonly visited = new Set<string>()
  private readonly written = new Set<string>()
  private tellAll = false
  private edited = false
  private editing: Editing | undefined
  private readonly topics = new Topics()
  private readonly focusers = new Map<string, (path: string) => void>()
  private newRows = 0
  /** The display texts of all that is referred to, by entity and id. */
  readonly names: Map<string, string>
  private onAsks: (asks: Ask[]) => void = () => undefined
  private readonly histories = new Map<string, TableHistory>()

  constructor(entity: FormFields, values: Values, names: Record<string, string> = {}) {
    this.fields = entity.properties
    this.order = entity['x-order'] ?? Object.keys(entity.properties)
    this.current = values
    this.names = new Map(Object.entries(names))
    this.states = statesBefore(entity, '')
  }

  /** Paths that may not be written, whatever the definition says; the engine is told them when it joins. */
  close(paths: readonly string[]): void {
    for (const path of paths) this.states.set(path, { ...this.states.get(path), readOnly: true })
  }

  // ---- reading

  values(): Values {
    return this.current
  }

  /** Whether the person has changed anything since the record was read. */
  isDirty(): boolean {
    return this.edited
  }

  /** What is in the form is kept by the server now: leaving loses nothing. */
  settle(): void {
    this.edited = false
  }

  /** What the form begins with is the person's own already, such as changes put upon a newer version. */
  unsettle(): void {
    this.edited = true
  }

  /** The paths he wrote himself. */
  touched(): string[] {
    return [...this.written]
  }

  hasEngine(): boolean {
    return this.editing !== undefined
  }

  rows(table: string): readonly Row[] {
    const rows = this.current[table]
    return Array.isArray(rows) ? (rows as Row[]) : []
  }

  field(path: string): FieldView {
    return this.topics.snapshot(path, () => ({
      value: this.valueAt(path),
      state: this.stateOf(path),
      problems: this.visible(path),
    }))
  }

  row(table: string, id: string): RowView {
    return this.topics.snapshot(rowTopic(table, id), () => ({
      row: this.rows(table).find((row) => row._id === id) ?? { _id: id },
      state: (column: string) => this.stateOf(`${table}[${id}].${column}`),
      problems: (column: string) => this.visible(`${table}[${id}].${column}`),
    }))
  }

  /** The ids of a sub-table's rows in their order. */
  rowIds(table: string): readonly string[] {
    return this.topics.snapshot(`${table}#`, () => this.rows(table).map((row) => row._id))
  }

  /** A cell without a state of its own has its column's. */
  stateOf(path: string): FieldState {
    const own = this.states.get(path)
    if (own) return own
    const { field, column } = parsePath(path)
    return (column ? this.states.get(`${field}.${column}`) : undefined) ?? ordinary
  }

  /** All problems to tell now, in the order of the fields; for the summary above the form. */
  problems(): readonly Problem[] {
    return this.topics.snapshot(everything, () => {
      if (!this.tellAll && this.refused.size === 0) return none
      const paths = new Set([...this.refused.keys(), ...(this.tellAll ? this.found.keys() : [])])
      return this.inOrder(paths).flatMap((path) => this.visible(path))
    })
  }

  /** Errors the engine knows of, told or not, in the order of the fields; warnings do not count. */
  errors(): Problem[] {
    return this.inOrder(this.found.keys())
      .flatMap((path) => this.found.get(path) ?? [])
      .filter((problem) => problem.level !== 'warning')
  }

  /** The display text of what a reference names. */
  nameOf(entity: string, id: string): string | undefined {
    return this.names.get(`${entity}/${id}`)
  }

  /** Remembers the display text of something just chosen. */
  learnName(entity: string, id: string, text: string): void {
    this.names.set(`${entity}/${id}`, text)
  }

  // ---- changing

  /** The person changed a value; undefined or null empties it. */
  set(path: string, value: Wire | undefined): void {
    this.topics.together(() => {
      this.wrote(path)
      this.put(new Map([[path, value]]))
      this.run((editing) => editing.set(path, value))
    })
  }

  /** The person changed many cells of a sub-table in one step; what depends on them is computed once. */
  write(table: string, cells: ReadonlyMap<string, Wire | undefined>): void {
    if (cells.size === 0) return
    this.topics.together(() => {
      for (const path of cells.keys()) this.wrote(path)
      this.put(cells)
      const texts = Object.fromEntries([...cells].map(([path, value]) => [path, value ?? null]))
      this.run((editing) => editing.rows(table, { op: 'write', arg: { cells: texts } }))
    })
  }

  /** Whole rows in place of those there are; rows of the same id are the same row. */
  replaceRows(table: string, rows: readonly Row[]): void {
    this.topics.together(() => {
      this.edited = true
      this.refused.delete(table)
      for (const row of rows) this.noteGiven(table, row._id, row)
      this.current = { ...this.current, [table]: [...rows] }
      this.changedTable(table)
      this.run((editing) => editing.set(table, [...rows]))
    })
  }

  /** What was done to the rows of a sub-table, to be undone. */
  history(table: string): TableHistory {
    const known = this.histories.get(table) ?? new TableHistory(this, table)
    this.histories.set(table, known)
    return known
  }

  /** Whether the person wrote the value himself, and it is no default. */
  wasWritten(path: string): boolean {
    return this.written.has(path)
  }

  columnsOf(table: string): Record<string, Field> {
    return this.fields[table]?.items?.properties ?? {}
  }

  /** The person left a field: from now on he hears what is wrong with it. */
  visit(path: string): void {
    if (this.visited.has(path)) return
    this.visited.add(path)
    this.changedPath(path)
  }

  /** New rows, at the end or before the row at a position. Returns the ids they got. */
  insertRows(table: string, rows: Values[], at?: number): string[] {
    const before = new Set(this.rowIds(table))
    this.changeRows(
      table,
      { op: 'insert', arg: at === undefined ? { rows } : { rows, at } },
      () => {
        const fresh = rows.map((row) => {
          this.newRows += 1
          return { ...row, _id: `+w${this.newRows}` }
        })
        const all = [...this.rows(table)]
        all.splice(at ?? all.length, 0, ...fresh)
        return all
      },
    )
    const fresh = this.rowIds(table).filter((id) => !before.has(id))
    for (const [index, id] of fresh.entries()) this.noteGiven(table, id, rows[index] ?? {})
    return fresh
  }

  deleteRows(table: string, ids: readonly string[]): void {
    const gone = new Set(ids)
    this.changeRows(table, { op: 'delete', arg: { rows: [...ids] } }, () =>
      this.rows(table).filter((row) => !gone.has(row._id)),
    )
  }

  /** Texts as a spreadsheet gives them, from a row (null: after the last) and the first of the columns on. */
  paste(table: string, row: string | null, columns: string[], cells: string[][]): void {
    const first = row === null ? -1 : this.rowIds(table).indexOf(row)
    const from = first < 0 ? this.rowIds(table).length : first
    this.changeRows(table, { op: 'paste', arg: { row, columns, cells } }, undefined)
    for (const id of this.rowIds(table).slice(from, from + cells.length)) {
      for (const column of columns.slice(0, Math.max(...cells.map((line) => line.length)))) {
        this.written.add(`${table}[${id}].${column}`)
      }
    }
  }

  /** Tells everything that is wrong, also where the person has not been. */
  tellProblems(): void {
    this.tellAll = true
    this.topics.changedAll()
  }

  /** The server refused these values. A problem goes when its value is changed. */
  refuse(problems: readonly Problem[]): void {
    this.refused = new Map()
    for (const problem of problems) {
      this.refused.set(problem.field, [...(this.refused.get(problem.field) ?? []), problem])
    }
    this.topics.changedAll()
  }

  /** What a person wrote at one place was looked up, and is nothing; until it is changed nothing else is told there. */
  refuseAt(problem: Problem): void {
    this.refused.set(problem.field, [problem])
    this.changedPath(problem.field)
  }

  // ---- the engine

  /** The engine joins: what it opened with the present values replaces them, completed. */
  join(editing: Editing, opened: Opened, onAsks: (asks: Ask[]) => void): void {
    this.editing = editing
    this.onAsks = onAsks
    this.current = opened.values
    this.states = new Map(Object.entries(opened.states ?? {}))
    this.found = new Map()
    for (const problem of opened.problems ?? []) {
      this.found.set(problem.field, [...(this.found.get(problem.field) ?? []), problem])
    }
    this.topics.changedAll()
    if (opened.asks?.length) onAsks(opened.asks)
  }

  /** Answers to what the engine asked. */
  answer(related: unknown): void {
    this.run((editing) => editing.answer(related))
  }

  leave(): void {
    this.editing?.close()
    this.editing = undefined
  }

  // ---- telling

  subscribe(topic: Topic, listener: () => void): () => void {
    return this.topics.subscribe(topic, listener)
  }

  subscribeRow(table: string, id: string, listener: () => void): () => void {
    return this.subscribe(rowTopic(table, id), listener)
  }

  subscribeRowIds(table: string, listener: () => void): () => void {
    return this.subscribe(`${table}#`, listener)
  }

  subscribeInside(table: string, listener: () => void): () => void {
    return this.subscribe(insideTopic(table), listener)
  }

  subscribeProblems(listener: () => void): () => void {
    return this.subscribe(everything, listener)
  }

  /** A control says how to focus it (or a cell of it). */
  onFocus(field: string, focus: (path: string) => void): () => void {
    this.focusers.set(field, focus)
    return () => {
      if (this.focusers.get(field) === focus) this.focusers.delete(field)
    }
  }

  focus(path: string): void {
    this.focusers.get(parsePath(path).field)?.(path)
  }

  // ---- inside

  private inOrder(paths: Iterable<string>): string[] {
    return pathsInOrder([...paths], this.order, (table) => this.rowIds(table))
  }

  private valueAt(path: string): Wire | undefined {
    const { field, row, column } = parsePath(path)
    if (!row || !column) return this.current[field]
    return this.rows(field).find((each) => each._id === row)?.[column]
  }

  private visible(path: string): readonly Problem[] {
    const refused = this.refused.get(path) ?? none
    const own = this.found.get(path) ?? none
    if (refused.length === 0 && own.length === 0) return none
    if (refused.some((problem) => unreadable.has(problem.code))) return refused
    const known = new Set(refused.map((problem) => problem.code))
    const tell = this.tellAll || this.visited.has(path)
    const heard = own.filter(
      (problem) => !known.has(problem.code) && (tell || this.toldAtOnce(path, problem)),
    )
    return [...refused, ...heard]
  }

  /** Rules over several fields speak up where the person writes, though their problem stands at another field. */
  private toldAtOnce(path: string, problem: Problem): boolean {
    return (
      this.edited &&
      !early.has(problem.code) &&
      problem.rule !== undefined &&
      parsePath(path).row !== undefined
    )
  }

  private wrote(path: string): void {
    this.edited = true
    this.written.add(path)
    this.visited.add(path)
    if (this.refused.delete(path)) this.topics.changed(everything)
  }

  private noteGiven(table: string, id: string, values: Values): void {
    for (const column of Object.keys(values)) {
      if (column !== '_id') this.written.add(`${table}[${id}].${column}`)
    }
  }

  private put(values: ReadonlyMap<string, Wire | undefined>): void {
    const cells = new Map<string, Map<string, Values>>()
    for (const [path, value] of values) {
      const { field, row, column } = parsePath(path)
      if (row && column) {
        const rows = cells.get(field) ?? new Map<string, Values>()
        cells.set(field, rows)
        rows.set(row, { ...rows.get(row), [column]: value ?? null })
      } else {
        this.current = withValue(this.current, field, value)
      }
      this.changedPath(path)
    }
    for (const [table, patches] of cells) {
      const rows = this.rows(table).map((row) => {
        const patch = patches.get(row._id)
        return patch ? (withValues(row, patch) as Row) : row
      })
      this.current = { ...this.current, [table]: rows }
    }
  }

  private changeRows(
    table: string,
    operation: RowsOperation,
    alone: (() => Row[]) | undefined,
  ): void {
    this.topics.together(() => {
      this.edited = true
      this.refused.delete(table)
      if (this.editing) {
        this.run((editing) => editing.rows(table, operation))
      } else if (alone) {
        this.current = { ...this.current, [table]: alone() }
      }
      this.changedTable(table)
    })
  }

  private run(command: (editing: Editing) => Changes): void {
    const { editing } = this
    if (editing) this.topics.together(() => this.apply(command(editing)))
  }

  private apply(changes: Changes): void {
    this.applyRows(changes.rows ?? {})
    this.put(new Map(Object.entries(changes.values ?? {})))
    for (const [path, state] of Object.entries(changes.states ?? {})) {
      keep(this.states, path, Object.keys(state).length > 0 ? state : undefined)
      this.changedState(path)
    }
    for (const [path, problems] of Object.entries(changes.problems ?? {})) {
      keep(this.found, path, problems.length > 0 ? problems : undefined)
      this.changedPath(path)
    }
    if (changes.asks?.length) this.onAsks(changes.asks)
  }

  private applyRows(rows: Record<string, string[]>): void {
    for (const [table, ids] of Object.entries(rows)) {
      const known = new Map(this.rows(table).map((row) => [row._id, row]))
      this.current = { ...this.current, [table]: ids.map((id) => known.get(id) ?? { _id: id }) }
      this.forgetRows(table, new Set(ids))
      this.changedTable(table)
    }
  }

  private forgetRows(table: string, kept: ReadonlySet<string>): void {
    for (const kind of [this.found, this.refused, this.states]) {
      for (const path of kind.keys()) {
        const { field, row } = parsePath(path)
        if (field === table && row && !kept.has(row)) kind.delete(path)
      }
    }
  }

  private changedPath(path: string): void {
    const { field, row } = parsePath(path)
    this.topics.changed(path)
    if (row) {
      this.topics.changed(rowTopic(field, row))
      this.topics.changed(insideTopic(field))
    }
    this.topics.changed(everything)
  }

  /** The state of a column is the state of its cells. */
  private changedState(path: string): void {
    const { field, row, column } = parsePath(path)
    if (column && !row) {
      for (const id of this.rowIds(field)) this.topics.changed(rowTopic(field, id))
      this.topics.changed(`${field}#`)
    }
    this.changedPath(path)
  }

  private changedTable(table: string): void {
    this.topics.changed(table)
    this.topics.changed(`${table}#`)
    for (const row of this.rows(table)) this.topics.changed(rowTopic(table, row._id))
    this.topics.changed(insideTopic(table))
    this.topics.changed(everything)
  }
}
