import type { Problem, Values, Wire } from '@/api/wire'

// The form engine is engine/form of the server, compiled for the browser (cmd/formwasm documents its interface).
// It is fetched when the first form opens; forms are usable before it arrives.

/** How a field, a column or a cell is shown now. */
export interface FieldState {
  hidden?: true
  required?: true
  readOnly?: true
  pending?: true
}

/** Something the record needs from other records; opaque but for its key. */
export interface Ask {
  key: string
}

/** What differs from before; keys that are absent did not change. */
export interface Changes {
  values?: Record<string, Wire>
  rows?: Record<string, string[]>
  states?: Record<string, FieldState>
  problems?: Record<string, Problem[]>
  asks?: Ask[]
}

export interface Opened {
  handle: number
  values: Values
  problems?: Problem[]
  states?: Record<string, FieldState>
  asks?: Ask[]
}

/** What an editing begins with; the engine documents each part. */
export interface EngineInput {
  values: Values
  stored?: Values
  touched?: string[]
  context: {
    event: 'save' | 'submit' | 'approve'
    now: string
    zone: string
    calendar?: Record<string, boolean>
    actor: { id: string; name: string }
    roles?: string[]
    readOnly?: string[]
    record?: Record<string, string | number>
  }
}

export type RowsOperation =
  | { op: 'insert'; arg: { at?: number; rows: Values[] } }
  | { op: 'delete'; arg: { rows: string[] } }
  | { op: 'move'; arg: { rows: string[]; at: number } }
  | { op: 'write'; arg: { cells: Record<string, Wire> } }
  | { op: 'paste'; arg: { row: string | null; columns: string[]; cells: string[][] } }

/** The functions the module puts on globalThis; texts of JSON in and out. */
interface Formwork {
  open(slice: string, input: string): string
  set(handle: number, path: string, value: string): string
  rows(handle: number, table: string, op: string, arg: string): string
  answer(handle: number, related: string): string
  close(handle: number): string
  evalCase(testCase: string): string
}

interface GoRuntime {
  importObject: WebAssembly.Imports
  run(instance: WebAssembly.Instance): Promise<void>
}

declare global {
  var formwork: Formwork | undefined
  var Go: (new () => GoRuntime) | undefined
}

function read<T>(answer: string): T {
  const value = JSON.parse(answer) as T & { code?: string }
  if (typeof value.code === 'string') throw new Error(`form engine: ${answer}`)
  return value
}

/** One record being edited in the engine. Close it when the form goes. */
export class Editing {
  private readonly module: Formwork
  private readonly handle: number

  constructor(module: Formwork, handle: number) {
    this.module = module
    this.handle = handle
  }

  set(path: string, value: Wire | undefined): Changes {
    return read(this.module.set(this.handle, path, JSON.stringify(value ?? null)))
  }

  rows(table: string, operation: RowsOperation): Changes {
    return read(this.module.rows(this.handle, table, operation.op, JSON.stringify(operation.arg)))
  }

  answer(related: unknown): Changes {
    return read(this.module.answer(this.handle, JSON.stringify(related)))
  }

  close(): void {
    this.module.close(this.handle)
  }
}

/** The loaded engine. */
export class Engine {
  private readonly module: Formwork

  constructor(module: Formwork) {
    this.module = module
  }

  open(slice: unknown, input: EngineInput): { editing: Editing; opened: Opened } {
    const opened = read<Opened>(this.module.open(JSON.stringify(slice), JSON.stringify(input)))
    return { editing: new Editing(this.module, opened.handle), opened }
  }
}

let loading: Promise<Engine> | undefined

/** Fetches and starts the engine once; a failure may be tried again. */
export function loadEngine(): Promise<Engine> {
  loading ??= start().catch((error: unknown) => {
    loading = undefined
    throw error
  })
  return loading
}

async function start(): Promise<Engine> {
  const { wasmUrl } = await import('./wasm-module')
  if (!globalThis.Go) throw new Error('wasm_exec.js did not define Go')
  const go = new globalThis.Go()
  const { instance } = await WebAssembly.instantiateStreaming(fetch(wasmUrl), go.importObject)
  // run returns when the module ends, which it does not; it has put its functions in place before its first pause.
  void go.run(instance)
  if (!globalThis.formwork) throw new Error('the form engine did not start')
  return new Engine(globalThis.formwork)
}
