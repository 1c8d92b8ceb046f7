import { getRouteApi } from '@tanstack/react-router'
import { useCallback } from 'react'
import type { TaskSearch } from '@/api/tasks'
import { TaskListPage } from '@/features/tasks/task-list-page'

const route = getRouteApi('/shell/')

/** The to-do centre; tab, search, filters and order are in the URL. */
export function HomeRoute() {
  const { tab = 'open', ...search } = route.useSearch()
  const navigate = route.useNavigate()
  const onSearch = useCallback(
    (next: TaskSearch) =>
      void navigate({
        search: tab === 'open' ? next : { tab, ...next },
        replace: true,
      }),
    [navigate, tab],
  )
  return (
    <TaskListPage
      tab={tab}
      search={search}
      onTab={(next) => void navigate({ search: { tab: next } })}
      onSearch={onSearch}
    />
  )
}
