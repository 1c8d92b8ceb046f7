import { queryOptions } from '@tanstack/react-query'
import { queryString, request } from './request'

/** An active member, to choose from. */
export interface Colleague {
  id: string
  name: string
  department?: string
}

export const peopleQueries = {
  search: (q: string, role: string) =>
    queryOptions({
      queryKey: ['people', q, role],
      queryFn: ({ signal }) =>
        request<Colleague[]>(`/people${queryString({ q, role, limit: '50' })}`, { signal }),
      staleTime: 60_000,
    }),
}
