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

export const menuQueries = {
  all: () =>
    queryOptions({
      queryKey: ['menu'],
      queryFn: async () => (await request<{ items: MenuItem[] }>('/menu')).items,
      staleTime: 60_000,
    }),
}
