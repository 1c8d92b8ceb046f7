import { useSyncExternalStore } from 'react'
import { onServerTime, serverNow } from '@/lib/server-time'

let now = serverNow()
const listeners = new Set<() => void>()
let stop: (() => void) | undefined

function renew(): void {
  now = serverNow()
  for (const each of listeners) each()
}

function start(): () => void {
  const timer = setInterval(renew, 30_000)
  const unheard = onServerTime(renew)
  now = serverNow()
  return () => {
    clearInterval(timer)
    unheard()
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  stop ??= start()
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    stop?.()
    stop = undefined
  }
}

/** The server's present time in milliseconds, renewed twice a minute: one clock for every "3 minutes ago" on the page. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now)
}
