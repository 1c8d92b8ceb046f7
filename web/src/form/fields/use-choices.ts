import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { type Choice, findChoices } from '@/api/records'
import type { Values } from '@/api/wire'
import { parsePath } from '@/lib/path'
import { useDebounced } from '@/ui/use-debounced'
import { useForm } from '../form-context'

/** What a picker offers for a path now: the server applies the field's filter to the record as it is being edited. */
export function useChoices(path: string, typed: string, open: boolean) {
  const { model, bundle } = useForm()
  const q = useDebounced(typed, 200)
  const { field, row, column } = parsePath(path)
  const name = column ? `${field}.${column}` : field
  const values = open ? sent(model.values()) : {}
  const current = row ? model.rows(field).find((each) => each._id === row) : undefined
  const query = useQuery({
    queryKey: [
      'choices',
      bundle.entity.name,
      name,
      q,
      open ? JSON.stringify([values, current]) : '',
    ],
    queryFn: ({ signal }) =>
      findChoices(
        bundle.entity.name,
        {
          field: name,
          values,
          ...(q ? { q } : {}),
          ...(current ? { row: withoutId(current) } : {}),
        },
        signal,
      ),
    enabled: open,
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  })
  const items: readonly Choice[] = query.data?.items ?? []
  return { items, more: Boolean(query.data?.next), loading: query.isFetching, error: query.error }
}

/** Filters name fields of the header or of one row; the other rows are of no use to them. */
function sent(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).filter(
      ([, value]) => !(Array.isArray(value) && typeof value[0] === 'object'),
    ),
  )
}

function withoutId(row: Values): Values {
  const { _id, ...rest } = row
  return rest
}
