import i18next from 'i18next'
import type { Bundle, Field, FormItem, FormLayout, Rule } from '@/api/bundle'
import type { Problem } from '@/api/wire'
import { parsePath } from '@/lib/path'
import { problemText } from '@/lib/problems/explain'
import { textOf, titleOf } from '@/lib/texts'
import type { FormModel } from './model'

/** The field a path names; a column for the path of a cell. */
export function fieldAt(bundle: Bundle, path: string): Field | undefined {
  const { field, column } = parsePath(path)
  const own = bundle.entity.properties[field]
  return column ? own?.items?.properties?.[column] : own
}

/** Where a problem is, in words: "Overtime hours, row 2". Empty for the record as a whole. */
export function placeOf(bundle: Bundle, model: FormModel | undefined, path: string): string {
  const { field, row, column } = parsePath(path)
  const own = bundle.entity.properties[field]
  if (!own) return field
  const title = titleOf({ ...own, name: field })
  const inner = column ? own.items?.properties?.[column] : undefined
  const cell = inner ? titleOf({ ...inner, name: column }) : undefined
  if (!row) return cell ? `${title} · ${cell}` : title
  const no = (model?.rowIds(field).indexOf(row) ?? -1) + 1
  return i18next
    .t('form.place', { table: title, no: no > 0 ? String(no) : '?', column: cell ?? '' })
    .trim()
}

/** The rule of the definition that found a problem; its message is the company's own words. */
function ruleOf(bundle: Bundle, problem: Problem): Rule | undefined {
  if (!problem.rule) return undefined
  const { field } = parsePath(problem.field)
  const { entity } = bundle
  const tables = Object.values(entity.properties).map((each) => each.items)
  const own = entity.properties[field]?.items
  for (const holder of [own, entity, ...tables]) {
    const rule = holder?.['x-rules']?.[problem.rule] ?? holder?.['x-unique']?.[problem.rule]
    if (rule) return rule
  }
  return undefined
}

/** What is wrong and how to mend it, in the reader's language. */
export function textOfProblem(bundle: Bundle, problem: Problem): string {
  const rule = ruleOf(bundle, problem)
  return problemText(problem, rule ? textOf(rule, 'message') : undefined)
}

/** The layout the bundle was made for, else one made from the entity. */
export function layoutOf(bundle: Bundle): FormLayout {
  return bundle.forms[bundle.form] ?? generated(bundle)
}

function generated(bundle: Bundle): FormLayout {
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
