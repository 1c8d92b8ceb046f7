import { queryOptions } from '@tanstack/react-query'
import type { Titled } from '@/lib/texts'
import { queryString, request } from './request'
import type { Wire } from './wire'

// Definitions as a bundle carries them: reduced to what the reader may see (definitions.md §§2, 3, 8).

export type FieldType =
  | 'text'
  | 'longtext'
  | 'integer'
  | 'decimal'
  | 'percent'
  | 'money'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'month'
  | 'select'
  | 'multiselect'
  | 'user'
  | 'users'
  | 'department'
  | 'reference'
  | 'references'
  | 'table'
  | 'autonumber'
  | 'phone'
  | 'id_card'
  | 'credit_code'
  | 'bank_card'
  | 'attachment'
  | 'image'
  | 'signature'

/** One choice of a select. */
export interface Option extends Titled {
  const: string
  title: string
  'x-color'?: string
  'x-disabled'?: boolean
}

export interface Rule extends Titled {
  message?: string
  code?: string
  field?: string
}

/** A field of an entity, or a column of a sub-table. */
export interface Field extends Titled {
  type: string
  'x-type': FieldType
  title: string
  description?: string
  readOnly?: boolean
  default?: Wire
  'x-compute'?: string
  'x-lookup'?: unknown
  'x-rollup'?: unknown
  'x-number'?: unknown
  /** Computed by the server only, as the reader may not read what it is made from. */
  'x-server'?: boolean
  'x-entity'?: string
  oneOf?: Option[]
  'x-scale'?: number
  'x-fixed'?: boolean
  'x-unit'?: string
  'x-min'?: string
  'x-max'?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  items?: RowSchema
}

/** The rows of a sub-table, or the elements of a list (which have neither properties nor an order). */
export interface RowSchema {
  properties?: Record<string, Field>
  required?: string[]
  oneOf?: Option[]
  'x-order'?: string[]
  'x-rules'?: Record<string, Rule>
  'x-unique'?: Record<string, Rule>
}

export interface Entity extends Titled {
  name: string
  title: string
  properties: Record<string, Field>
  required?: string[]
  'x-order'?: string[]
  'x-display'?: string
  'x-natural'?: string
  'x-summary'?: string[]
  'x-approval'?: boolean
  'x-rules'?: Record<string, Rule>
  'x-unique'?: Record<string, Rule>
}

/** A column of a sub-table in a form. */
export interface FormColumn extends Titled {
  field: string
  width?: number
  total?: 'sum'
}

export type TableAction = 'add' | 'delete' | 'copy' | 'paste' | 'import'

/** A button that fills rows from other records. */
export interface Fill extends Titled {
  name: string
  title: string
  from: {
    entity: string
    rows?: string
    where?: unknown
    order?: { field: string; dir?: 'asc' | 'desc' }[]
  }
  map: Record<string, string>
}

/** A field in the layout of a form. */
export interface FormItem extends Titled {
  field: string
  width?: number
  help?: string
  placeholder?: string
  widget?: string
  columns?: FormColumn[]
  actions?: TableAction[]
  fill?: Fill[]
}

export interface FormSection extends Titled {
  name: string
  title?: string
  columns?: number
  collapsed?: boolean
  items: FormItem[]
}

export interface FormLayout extends Titled {
  name: string
  title: string
  entity: string
  device?: 'any' | 'desk' | 'phone'
  layout?: 'sections' | 'tabs' | 'steps'
  sections: FormSection[]
  fill?: Fill[]
}

export interface ViewColumn extends Titled {
  field: string
  width?: number
  total?: string
}

export interface View extends Titled {
  name: string
  title: string
  entity: string
  kind?: string
  form?: string
  columns?: ViewColumn[]
  sort?: { field: string; dir?: 'asc' | 'desc' }[]
  filters?: string[]
  actions?: string[]
}

/** All the browser needs to list and edit the records of an entity. */
export interface Bundle {
  version: string
  entity: Entity
  forms: Record<string, FormLayout>
  views: Record<string, View>
  /** Name of the form to use on this device; the slice is made for it. */
  form: string
  rights: { actions: string[]; fields?: Record<string, 'read' | 'write' | 'masked' | 'hidden'> }
  /** What the form engine compiles; opaque here. */
  slice: unknown
  /** The server's clock, so that "today" is the tenant's and not the phone's. */
  now: string
  zone: string
  /** How far the zone's clock is ahead of UTC now: "+08:00". */
  offset: string
}

export interface BundleOccasion {
  phone: boolean
  form?: string | undefined
  /** An open task of the reader: the field rights of its node apply. */
  task?: string | undefined
}

export const bundleQueries = {
  of: (entity: string, { phone, form, task }: BundleOccasion) => {
    const device = phone ? 'phone' : 'desk'
    return queryOptions({
      queryKey: ['bundle', entity, device, form ?? '', task ?? ''],
      queryFn: () =>
        request<Bundle>(`/entities/${entity}/bundle${queryString({ device, form, task })}`),
      staleTime: 30_000,
    })
  },
}
