import i18next from 'i18next'
import type { Bundle, Field } from '@/api/bundle'
import type { Form, FormItem, Key, Rule, Similar } from '@/api/definitions.gen'
import type { Problem } from '@/api/wire'
import { parsePath } from '@/lib/path'
import { problemText } from '@/lib/problems/explain'
import { textOf, titleOf } from '@/lib/texts'

/** The field a path names; a column for the path of a cell. */
export function fieldAt(bundle: Bundle, path: string): Field | undefined {
  const { field, column } = parsePath(path)
  const own = bundle.entity.properties[field]
  return column ? own?.items?.properties?.[column] : own
}

/** The ids of a sub-table's rows in their order. */
export type RowsOf = (table: string) => readonly string[]

/** Where a problem is, in words: "Overtime hours, row 2". Empty for the record as a whole. */
export function placeOf(bundle: Bundle, rowsOf: RowsOf, path: string): string {
  const { field, row, column } = parsePath(path)
  const own = bundle.entity.properties[field]
  if (!own) return field
  const title = titleOf({ ...own, name: field })
  const inner = column ? own.items?.properties?.[column] : undefined
  const cell = inner ? titleOf({ ...inner, name: column }) : undefined
  if (!row) return cell ? `${title} · ${cell}` : title
  const no = rowsOf(field).indexOf(row) + 1
  if (no === 0) return i18next.t('form.placeGone', { table: title, column: cell ?? '' }).trim()
  return i18next.t('form.place', { table: title, no: String(no), column: cell ?? '' }).trim()
}

/** The rule of the definition that found a problem; its message is the company's own words. */
function ruleOf(bundle: Bundle, problem: Problem): Rule | Key | Similar | undefined {
  if (!problem.rule) return undefined
  const { entity } = bundle
  const { rule } = problem
  const key = entity['x-unique']?.[rule] ?? entity['x-similar']?.[rule]
  if (key) return key
  // A rule of a sub-table may show its problem at a field of the header, so all tables are looked through.
  const own = entity.properties[parsePath(problem.field).field]?.items
  const tables = Object.values(entity.properties).map((field) => field.items)
  return [own, entity, ...tables].map((holder) => holder?.['x-rules']?.[rule]).find(Boolean)
}

/** What is wrong and how to mend it, in the reader's language. */
export function textOfProblem(bundle: Bundle, problem: Problem): string {
  const rule = ruleOf(bundle, problem)
  return problemText(problem, rule ? textOf(rule, 'message') : undefined)
}

/** The layout the bundle was made for, else one made from the entity. */
export function layoutOf(bundle: Bundle): Form {
  return bundle.forms[bundle.form] ?? generated(bundle)
}

function generated(bundle: Bundle): Form {
  const { entity } = bundle
  const order = entity['x-order'] ?? Object.keys(entity.properties)
  const items: FormItem[] = order
    .filter((name) => entity.properties[name])
    .map((field) => ({ field }))
  return {
    name: entity.name,
    title: entity.title,
    entity: entity.name,
    sections: [{ name: 'all', items }],
  }
}
