import { getRouteApi } from '@tanstack/react-router'
import { useCallback } from 'react'
import { type ListState, RecordListPage } from '@/features/records/record-list-page'

const route = getRouteApi('/shell/e/$entity/v/$view')

/** A list whose search, filters and order are in the URL. */
export function ListRoute() {
  const { entity, view } = route.useParams()
  const state = route.useSearch()
  const navigate = route.useNavigate()
  const onState = useCallback(
    (next: ListState) => void navigate({ search: next, replace: true }),
    [navigate],
  )
  return (
    <RecordListPage
      key={`${entity}/${view}`}
      entity={entity}
      viewName={view}
      state={state}
      onState={onState}
    />
  )
}
