import { useSyncExternalStore } from 'react'
import { isReached, onReach } from '@/lib/reach'

/** Whether the server answered when it was last asked. */
export function useReached(): boolean {
  return useSyncExternalStore(onReach, isReached)
}
