import { getRouteApi } from '@tanstack/react-router'
import { TaskListPage } from '@/features/tasks/task-list-page'

const route = getRouteApi('/shell/')

/** The to-do centre; tab and search are in the URL. */
export function HomeRoute() {
  const { tab = 'open', q = '' } = route.useSearch()
  const navigate = route.useNavigate()
  return (
    <TaskListPage
      tab={tab}
      q={q}
      onTab={(next) => void navigate({ search: { tab: next } })}
      onSearch={(text) =>
        void navigate({ search: (previous) => ({ ...previous, q: text }), replace: true })
      }
    />
  )
}
