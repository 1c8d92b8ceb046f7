import {
  keepPreviousData,
  queryOptions,
  type UseQueryResult,
  useQuery,
} from '@tanstack/react-query'
import { type Choice, type ChoiceRequest, findChoices } from '@/api/records'
import type { Values } from '@/api/wire'
import { parsePath } from '@/lib/path'
import { useDebounced } from '@/ui/use-debounced'
import { useForm } from '../form-context'
import { headerOf } from './header-of'

export interface Choices {
  items: readonly Choice[]
  more: boolean
  loading: boolean
  error: unknown
  /** The items are those for what is typed now, not for what was typed a moment ago. */
  settled: boolean
}

const none: readonly Choice[] = []
const page = 50

/** The choices whose line holds the text, as the server would find them; it also looks where the line does not show. */
export function choicesWith(text: string, items: readonly Choice[]): readonly Choice[] {
  const wanted = text.trim().toLowerCase()
  const holds = (given: string) => given.toLowerCase().includes(wanted)
  return items.filter((item) => holds(item.text) || item.summary?.some(holds))
}

/** What a picker offers for a path now: the server applies the field's filter to the record as it is being edited. */
export function useChoices(path: string, typed: string, open: boolean): Choices {
  const of = useChoiceQueries(path, open)
  const all = useQuery(of('', open))
  // Where everything fits into one answer the list follows the keys without a request.
  const known = all.data && !all.data.next && !all.isPlaceholderData ? all.data.items : none
  const here = typed === '' ? none : choicesWith(typed, known)
  const q = useDebounced(typed, 200)
  const ask = typed !== '' && here.length === 0
  const asked = useQuery(of(q, open && ask && q !== ''))
  if (!ask) {
    return {
      ...answerOf(all),
      ...(typed === '' ? {} : { items: here, more: false }),
      loading: all.isFetching && known.length === 0,
    }
  }
  const current = q === typed
  const answer = answerOf(asked)
  return { ...answer, loading: answer.loading || !current, settled: answer.settled && current }
}

function answerOf(query: UseQueryResult<{ items: Choice[]; next: string }>): Choices {
  return {
    items: query.data?.items ?? none,
    more: Boolean(query.data?.next),
    loading: query.isFetching,
    error: query.error,
    settled: query.isSuccess && !query.isPlaceholderData,
  }
}

/** The requests of a picker by what is searched for. */
function useChoiceQueries(path: string, open: boolean) {
  const { model, bundle } = useForm()
  const { field, row, column } = parsePath(path)
  const entity = bundle.entity.name
  const current = row ? model.rows(field).find((each) => each._id === row) : undefined
  return (q: string, enabled: boolean) => {
    const body: ChoiceRequest = {
      field: column ? `${field}.${column}` : field,
      values: open ? headerOf(model.values()) : {},
      limit: page,
      ...(q ? { q } : {}),
      ...(current ? { row: withoutId(current) } : {}),
    }
    return queryOptions({
      queryKey: ['choices', entity, open ? JSON.stringify(body) : '', q],
      queryFn: ({ signal }) => findChoices(entity, body, signal),
      enabled,
      staleTime: 10_000,
      placeholderData: keepPreviousData,
    })
  }
}

function withoutId(row: Values): Values {
  const { _id, ...rest } = row
  return rest
}
