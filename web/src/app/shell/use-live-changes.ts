import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { changesAfter } from '@/api/changes'
import { notificationQueries } from '@/api/notifications'
import { taskQueries } from '@/api/tasks'

const every = 5_000

/**
 * Asks what has changed while the page is visible, and lets the lists and counts concerned be read again. Records
 * that are open in a form are left alone: their page decides what to do with a change.
 */
export function useLiveChanges(): void {
  const client = useQueryClient()
  const after = useRef<number | undefined>(undefined)
  useQuery({
    queryKey: ['changes'],
    queryFn: async ({ signal }) => {
      const first = after.current === undefined
      const changes = await changesAfter(after.current, signal)
      after.current = changes.after
      client.setQueryData(taskQueries.counts().queryKey, changes.counts)
      client.setQueryData(notificationQueries.unread().queryKey, changes.unread)
      if (first) return changes
      if (changes.tasks) await client.invalidateQueries({ queryKey: ['tasks', 'list'] })
      for (const entity of changes.entities) {
        await client.invalidateQueries({ queryKey: ['records', entity, 'list'] })
        await client.invalidateQueries({ queryKey: ['records', entity, 'timeline'] })
      }
      return changes
    },
    refetchInterval: every,
    refetchIntervalInBackground: false,
    refetchOnWindowFocus: true,
    staleTime: 0,
    retry: false,
  })
}
