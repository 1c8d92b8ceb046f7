import { type QueryClient, useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { type Changes, changesAfter } from '@/api/changes'
import { notificationQueries } from '@/api/notifications'
import { sessionQueries } from '@/api/session'
import { taskQueries } from '@/api/tasks'
import { useReached } from '@/ui/use-reached'
import { useInCharge } from './use-in-charge'

const every = 5_000
/** A server that is away is looked for more often: each tab shows whether it is back. */
const whileAway = 2_000

/** What one tab asked for and tells the others; without `from` it was a first question. */
interface Told {
  from: number | undefined
  changes: Changes
}

/**
 * Asks what has changed while the page is visible, and lets the lists and counts concerned be read again. One visible
 * tab asks for all tabs of the browser and tells them. What a record's page does with a newer version is up to it: one
 * that is being changed stays as it is.
 */
export function useLiveChanges(): void {
  const client = useQueryClient()
  const { data: session } = useSuspenseQuery(sessionQueries.current())
  const name = `formwork-changes/${session.tenant.name}/${session.user.id}`
  const inCharge = useInCharge(name)
  const reached = useReached()
  const after = useRef<number | undefined>(undefined)
  const channel = useRef<BroadcastChannel | undefined>(undefined)

  const { refetch } = useQuery({
    queryKey: ['changes', name],
    queryFn: async ({ signal }) => {
      const from = after.current
      const changes = await changesAfter(from, signal)
      after.current = changes.after
      channel.current?.postMessage({ from, changes } satisfies Told)
      await apply(client, changes, from === undefined)
      return changes
    },
    refetchInterval: reached ? inCharge && every : whileAway,
    refetchIntervalInBackground: false,
    refetchOnWindowFocus: true,
    staleTime: 0,
    retry: false,
  })

  useEffect(() => {
    const open = new BroadcastChannel(name)
    channel.current = open
    open.onmessage = async ({ data: { from, changes } }: MessageEvent<Told>) => {
      const known = after.current
      if (known === undefined || known > changes.after) return
      if (from === undefined || from > known) {
        await refetch() // something happened in between that this tab has not been told of
        return
      }
      after.current = changes.after
      await apply(client, changes, false)
    }
    return () => {
      open.close()
      channel.current = undefined
    }
  }, [name, client, refetch])
}

/** Lets read again what changed. The first answer only says where the log stands. */
async function apply(client: QueryClient, changes: Changes, first: boolean): Promise<void> {
  client.setQueryData(taskQueries.counts().queryKey, changes.counts)
  client.setQueryData(notificationQueries.unread().queryKey, changes.unread)
  if (first) return
  if (changes.tasks) await client.invalidateQueries({ queryKey: ['tasks', 'list'] })
  for (const entity of changes.entities) {
    await client.invalidateQueries({ queryKey: ['records', entity, 'list'] })
    await client.invalidateQueries({ queryKey: ['records', entity, 'timeline'] })
    await client.invalidateQueries({ queryKey: ['records', entity, 'one'] })
  }
}
