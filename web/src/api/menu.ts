import { queryOptions } from '@tanstack/react-query'
import type { Titled } from '@/lib/texts'
import { request } from './request'

/** An entry of the navigation: a group, or the way to a view, a form, a dashboard or a dataset. */
export interface MenuItem extends Titled {
  name: string
  icon?: string
  items?: MenuItem[]
  view?: string
  form?: string
  entity?: string
  dashboard?: string
  dataset?: string
}

/** What the navigation is made from. */
interface MenuAnswer {
  items: MenuItem[]
  /** The reader administers flows. */
  flows: boolean
}

const answer = {
  queryKey: ['menu'],
  queryFn: () => request<MenuAnswer>('/menu'),
  staleTime: 60_000,
} as const

export const menuQueries = {
  all: () => queryOptions({ ...answer, select: (menu: MenuAnswer) => menu.items }),
  flows: () => queryOptions({ ...answer, select: (menu: MenuAnswer) => menu.flows }),
}
