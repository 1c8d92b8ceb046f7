// Command formwasm is engine/form for the browser (js/wasm): the code that completes and checks a record on the
// server runs here at every key. It puts one object, formwork, on globalThis and stays alive.
//
// Every function takes and returns texts of JSON and never throws: a failure is {"code": "…"} with further keys that
// say where. Codes: bad_json, bad_slice, bad_input, unknown_handle, unknown_path, unknown_operation, internal.
//
//	interface Formwork {
//	  /** Opens a record for editing. slice: answer of GET /entities/{entity}/slice, as it came; input: Input. */
//	  open(slice: string, input: string): string            // Opened
//	  /** A person changed one value. value: JSON, null empties. Computed and unknown paths change nothing. */
//	  set(handle: number, path: string, value: string): string    // Changes
//	  /** A person changed the rows of a sub-table; arg by op, see Insert, Delete, Move, Paste, Write. */
//	  rows(handle: number, table: string, op: 'insert' | 'delete' | 'move' | 'paste' | 'write', arg: string): string  // Changes
//	  /** The answers of POST /entities/{entity}/related to the asks of Opened or Changes, as they came. */
//	  answer(handle: number, related: string): string       // Changes
//	  /** The warnings that were given a reason: Record<rule, reason>. Replaces the earlier ones. */
//	  acknowledge(handle: number, reasons: string): string  // Changes
//	  /** Everything as it stands now. */
//	  result(handle: number): string                        // Result
//	  /** What to send: a merge patch for PATCH; for a new record the values for POST. Computed fields are left out. */
//	  patch(handle: number): string                         // Values
//	  /** What may be chosen in a reference field now (its x-filter and the values of the filter's variables). */
//	  choices(handle: number, path: string): string         // Choices
//	  /** Frees the handle. */
//	  close(handle: number): string                         // {}
//	  /** Runs one case of engine/expr/testdata: {note?, expr, env?, want?, error?}. */
//	  evalCase(case: string): string                        // {pass: boolean, error?: string}
//	  /** Runs the text of a whole file of cases. Do not parse it before: JavaScript would drop digits. */
//	  evalCases(cases: string): string                      // {pass: boolean, error?: string}[]
//	  /** The functions of the expression language, for editors. */
//	  functions(): string                                   // {name, group, signature}[]
//	}
//
//	/** Paths: "work_date" · "lines.ot_hours" (a column) · "lines[r1].ot_hours" (a cell; r1 is the row's _id).
//	 *  Rows that are not saved yet have ids that begin with "+": "+1"; the server gives them real ones. */
//	type Path = string
//	type Json = string | number | boolean | Json[] | { [key: string]: Json }
//	type Values = Record<string, Json>
//
//	interface Input {
//	  values: Values                // the record as read, or what a new one begins with ({} or a draft, a copy)
//	  stored?: Values               // the record as read; absent for a new record
//	  touched?: Path[]              // what the person wrote himself; absent for a new record: the paths in values
//	  related?: Related             // answers that came with the record
//	  context: {
//	    event?: 'save' | 'submit' | 'approve' | 'void'      // default save; decides which rules run
//	    now: string                 // RFC 3339, the server's clock
//	    zone: string                // the tenant's offset, "+08:00"
//	    actor: { id: string; name: string }
//	    roles?: string[]            // the actor's roles for this record
//	    readOnly?: Path[]           // fields and columns his grants do not let him write
//	    calendar?: Record<string, boolean>  // date → workday, where it differs from Monday to Friday
//	    record?: { id?: string; rev?: number; state?: string; createdBy?: string; createdAt?: string; updatedBy?: string; updatedAt?: string }
//	    acknowledged?: Record<string, string>
//	  }
//	}
//
//	interface Opened extends Result { handle: number }
//	interface Result {
//	  values: Values
//	  problems?: Problem[]
//	  states?: Record<Path, State>  // absent = shown, not required, may be written
//	  asks?: Ask[]                  // send to POST /entities/{entity}/related, give the answer to answer()
//	}
//	/** What differs from before; keys that are absent did not change. */
//	interface Changes {
//	  values?: Record<Path, Json | null>      // by field or cell; null = empty now
//	  rows?: Record<Path, string[]>           // sub-table → ids of its rows in order, when rows came, went or moved
//	  states?: Record<Path, State>            // {} = ordinary now
//	  problems?: Record<Path, Problem[]>      // all problems of that path; [] = none left
//	  asks?: Ask[]                            // new ones only
//	}
//	/** "" is the record as a whole, "lines[r1]" a row. A cell without a state of its own has its column's. */
//	interface State { hidden?: true; required?: true; readOnly?: true; pending?: true }
//	interface Problem { field: Path; code: string; rule?: string; level?: 'error' | 'warning'; params?: Record<string, Json> }
//	interface Ask { key: string; entity: string; id?: string; fields?: string[]; source?: string; args?: Record<string, Json> }
//	interface Related { records?: Record<string, Values>; lookups?: Record<string, Json | null> }
//
//	/** New rows at position at (default: the end); each holds what the person gave, {} for a blank one. */
//	interface Insert { at?: number; rows: Values[] }
//	interface Delete { rows: string[] }
//	/** The rows go, in this order, before the row that is at position at without them. */
//	interface Move { rows: string[]; at: number }
//	/** Texts as a spreadsheet gives them, from a row and a column on; rows are added as needed. Read-only cells are
//	 *  skipped. columns: the names of the columns in the order they are shown, from the first one pasted into.
//	 *  Numbers may have thousands separators, dates be 2026/6/1 or 2026年6月1日, options be titles. References must be ids. */
//	interface Paste { row: string | null; columns: string[]; cells: string[][] }
//	/** Many cells of the sub-table at once, as set does each: what depends on them is computed once. */
//	interface Write { cells: Record<Path, Json | null> }
//	interface Choices { entity: string; filter?: Json; args?: Record<string, Json>; pending?: true }
//
// Every problem has a field; with level "warning" the write passes when its rule is acknowledged. State.pending: waits
// for an ask, or only the server computes it (the slice holds no expression for it): show … or the stored value.
package main
