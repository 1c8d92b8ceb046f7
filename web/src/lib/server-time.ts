/** How far the server's clock is ahead of this device's, in milliseconds. */
let ahead = 0
const listeners = new Set<() => void>()

/** The time told has whole seconds and was on its way: less than this is no difference. */
const tolerance = 2_000

/** Takes the server's time from an answer that has just come (its header X-Server-Time, ISO 8601). */
export function noteServerTime(told: string | null): void {
  const at = told ? Date.parse(told) : Number.NaN
  if (Number.isNaN(at)) return
  const difference = at - Date.now()
  const next = Math.abs(difference) < tolerance ? 0 : difference
  if (Math.abs(next - ahead) < tolerance) return
  ahead = next
  for (const each of listeners) each()
}

/** The present time in milliseconds by the server's clock: deadlines are its, and a device's clock may be wrong. */
export function serverNow(): number {
  return Date.now() + ahead
}

/** Tells when the server's clock turned out to differ; returns how to stop being told. */
export function onServerTime(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
