import { queryOptions } from '@tanstack/react-query'
import type * as def from './definitions.gen'
import type { PrintInfo } from './prints'
import { queryString, request } from './request'

// Definitions as a bundle carries them: reduced to what the reader may see, dictionaries put in their place.

/** A field of an entity, or a column of a sub-table. */
export interface Field extends Omit<def.Field, 'items'> {
  items?: RowSchema
  /** Computed by the server only, as the reader may not read what it is made from. */
  'x-server'?: true
}

/** The rows of a sub-table, or the elements of a list (which have neither properties nor an order). */
export interface RowSchema extends Partial<Omit<def.Rows, 'type' | 'properties'>> {
  properties?: Record<string, Field>
  oneOf?: def.Options
}

export interface Entity extends Omit<def.Entity, 'properties'> {
  properties: Record<string, Field>
}

/** What the reader may do with records of the entity, and with its fields and columns by path. */
export interface Rights {
  actions: string[]
  fields?: Record<string, 'read' | 'write' | 'masked' | 'hidden'>
}

/** A button on records of the entity: it opens `form` for a new record of `entity`. */
export interface Begin {
  form: string
  entity: string
  name: string
  title: string
  /** Field of the new record → field of the one the button is on, or id. */
  map: Record<string, string>
}

/** All the browser needs to list and edit the records of an entity. */
export interface Bundle {
  version: string
  entity: Entity
  forms: Record<string, def.Form>
  views: Record<string, def.View>
  /** Those the reader may use. */
  prints: PrintInfo[]
  /** Buttons that begin records of other entities from one of this. */
  begins: Begin[]
  /** Name of the form to use on this device; the slice is made for it. */
  form: string
  rights: Rights
  /** What the form engine compiles; opaque here. */
  slice: unknown
  /** The server's clock, so that "today" is the tenant's and not the phone's. */
  now: string
  zone: string
  /** How far the zone's clock is ahead of UTC now: "+08:00". */
  offset: string
  /** The days on which the company works otherwise than Monday to Friday: date → it works. */
  calendar?: Record<string, boolean>
}

export interface BundleOccasion {
  phone: boolean
  form?: string | undefined
  /** An entry of the reader's task list: the field rights of its node apply. */
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
