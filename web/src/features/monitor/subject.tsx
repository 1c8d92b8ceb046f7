import { Link } from '@tanstack/react-router'
import type { Task } from '@/api/tasks'

/** The record a run or task is about. */
export function Subject({ of }: { of: Pick<Task, 'entity' | 'record' | 'subject'> }) {
  return (
    <Link to="/e/$entity/r/$id" params={{ entity: of.entity, id: of.record }}>
      {of.subject}
    </Link>
  )
}
