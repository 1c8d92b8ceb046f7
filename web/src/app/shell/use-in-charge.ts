import { useEffect, useState } from 'react'

/**
 * Whether this tab is the one of the browser's visible tabs that does a piece of work for all of them. The others wait
 * for its lock, and one of them goes on when it is closed or hidden. Without locks (a page that was not delivered
 * safely has none) every tab does the work itself.
 */
export function useInCharge(work: string): boolean {
  const [inCharge, setInCharge] = useState(!('locks' in navigator))
  useEffect(() => {
    if (!('locks' in navigator)) return
    let letGo: AbortController | undefined
    const follow = (): void => {
      if (document.visibilityState === 'visible' && letGo === undefined) {
        letGo = new AbortController()
        hold(work, letGo.signal, setInCharge)
      } else if (document.visibilityState !== 'visible') {
        letGo?.abort()
        letGo = undefined
      }
    }
    follow()
    document.addEventListener('visibilitychange', follow)
    return () => {
      document.removeEventListener('visibilitychange', follow)
      letGo?.abort()
    }
  }, [work])
  return inCharge
}

/** Waits for the lock and keeps it until the signal. */
function hold(work: string, signal: AbortSignal, held: (yes: boolean) => void): void {
  const keep = (): Promise<void> =>
    new Promise((release) => {
      if (signal.aborted) return release()
      held(true)
      signal.addEventListener('abort', () => {
        held(false)
        release()
      })
    })
  navigator.locks.request(work, { signal }, keep).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
