import { request } from './request'
import type { Values } from './wire'

/** The rows a button of a form gives for a sub-table; nothing is stored. */
export interface Filled {
  table: string
  /** add: rows that are not there yet; replace: in place of those that are there */
  mode: 'add' | 'replace'
  /** the columns by which a row is there already */
  keys: string[]
  rows: Values[]
  /** "entity/id" → display text */
  refs?: Record<string, string>
  /** there were more than the table takes */
  cut?: boolean
}

/** Asks for the rows of a button, for the record as it stands on the screen. Sub-tables are not sent. */
export function fillTable(form: string, fill: string, values: Values): Promise<Filled> {
  const header = Object.entries(values).filter(([, value]) => !Array.isArray(value))
  return request(`/forms/${form}/fill/${fill}`, {
    method: 'POST',
    body: { values: Object.fromEntries(header) },
  })
}
