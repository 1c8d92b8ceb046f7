import type { Field } from '@/api/bundle'
import type { FormColumn, FormItem } from '@/api/definitions.gen'
import { titleOf } from '@/lib/texts'
import { kindOf } from '../fields/kinds'

/** A column of a sub-table as the form shows it. */
export interface GridColumn {
  name: string
  field: Field
  title: string
  /** Pixels. */
  width: number
  /** What stands below the column. */
  total: FormColumn['total']
  numeric: boolean
}

const widths: Partial<Record<Field['x-type'], number>> = {
  reference: 150,
  user: 130,
  text: 160,
  longtext: 220,
  date: 140,
  datetime: 180,
  money: 120,
}

/** The columns to show: as the form says, else in the order of the definition. Unknown ones are hidden from the reader. */
export function columnsOf(field: Field, item: FormItem | undefined): GridColumn[] {
  const properties = field.items?.properties ?? {}
  const layout: FormColumn[] =
    item?.columns ??
    (field.items?.['x-order'] ?? Object.keys(properties)).map((name) => ({ field: name }))
  return layout.flatMap((column) => {
    const own = properties[column.field]
    if (!own) return []
    return {
      name: column.field,
      field: own,
      title: titleOf({ ...own, name: column.field }),
      width: column.width ?? widths[own['x-type']] ?? 110,
      total: column.total,
      numeric: kindOf(own).numeric === true,
    }
  })
}
