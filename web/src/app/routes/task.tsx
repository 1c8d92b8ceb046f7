import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { TaskPage } from '@/features/tasks/task-page'
import { TimelineCards } from '@/features/timeline/timeline'

const route = getRouteApi('/shell/tasks/$id')

/** A task; after a decision the next one opens. */
export function TaskRoute() {
  const { id } = route.useParams()
  const navigate = useNavigate()
  const open = (task: string) => void navigate({ to: '/tasks/$id', params: { id: task } })
  return (
    <TaskPage
      key={id}
      id={id}
      onOpen={open}
      onDecided={(next) =>
        next
          ? void navigate({ to: '/tasks/$id', params: { id: next }, replace: true })
          : void navigate({ to: '/', replace: true })
      }
      onBack={() => void navigate({ to: '/' })}
      timeline={(bundle, detail) => (
        <TimelineCards
          bundle={bundle}
          record={detail.record}
          flow={detail.flow}
          entries={detail.entries}
        />
      )}
    />
  )
}
