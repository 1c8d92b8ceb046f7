/** A value as it goes over the wire. Decimals, dates and ids are strings. */
export type Wire = string | number | boolean | null | Wire[] | { [key: string]: Wire }

/** Values of a record by field name. Missing is absent; null appears in merge patches only. */
export type Values = { [field: string]: Wire }

/** A row of a sub-table. Rows made here carry a temporary _id until the server has given one. */
export type Row = Values & { _id: string }

/** One rejected value: where, a stable code the UI translates, and what the sentence needs. */
export interface Problem {
  field: string
  code: string
  rule?: string
  level?: 'error' | 'warning'
  params?: Record<string, unknown>
}

/** Somebody as answers name him. */
export interface Person {
  id: string
  name: string
}
