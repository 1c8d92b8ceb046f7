import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { TaskGone } from '@/features/tasks/task-gone'
import { TaskPage } from '@/features/tasks/task-page'
import { TimelineCards } from '@/features/timeline/timeline'
import { Boundary } from '@/ui/boundary'

const route = getRouteApi('/shell/tasks/$id')

/** A task; after a decision the next one opens. */
export function TaskRoute() {
  const { id } = route.useParams()
  const navigate = useNavigate()
  const open = (task: string) => void navigate({ to: '/tasks/$id', params: { id: task } })
  const decided = (next: string) =>
    next
      ? navigate({ to: '/tasks/$id', params: { id: next }, replace: true })
      : navigate({ to: '/', replace: true })
  return (
    <Boundary of={id} absent={<TaskGone />}>
      <TaskPage
        key={id}
        id={id}
        onOpen={open}
        onDecided={decided}
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
    </Boundary>
  )
}
