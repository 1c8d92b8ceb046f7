let reached = true
const listeners = new Set<() => void>()

/** Notes whether the last request came through to the server. */
export function noteReached(yes: boolean): void {
  if (reached === yes) return
  reached = yes
  for (const listener of listeners) listener()
}

/** Whether the server answered when it was last asked. */
export function isReached(): boolean {
  return reached
}

/** Tells whenever that changes; the answer ends it. */
export function onReach(listener: () => void): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}
