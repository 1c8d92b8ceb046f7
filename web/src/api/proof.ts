import { queryOptions } from '@tanstack/react-query'
import { request } from './request'

/** One way in which a record is not what its history says. */
export interface Mismatch {
  code: 'event' | 'end' | 'value' | 'state' | 'run' | 'signature'
  /** Of a value: its path; absent if the reader may not see it. */
  field?: string
  rev?: number
  /** When what was changed had happened, as far as its history still says. */
  at?: string
}

/** Whether a record is what its history says: then there are no mismatches. */
export interface Proof {
  events: number
  signatures: number
  /** Hash of the last event: kept elsewhere, it proves later that no event up to it was changed. */
  head: string
  mismatches: Mismatch[]
}

export const proofQueries = {
  /** Read anew each time somebody asks. */
  of: (entity: string, id: string) =>
    queryOptions({
      queryKey: ['records', entity, 'proof', id],
      queryFn: () =>
        request<Proof>(
          `/entities/${encodeURIComponent(entity)}/records/${encodeURIComponent(id)}/proof`,
        ),
      staleTime: 0,
      gcTime: 0,
    }),
}
