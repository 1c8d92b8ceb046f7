import { request } from './request'
import type { TaskCounts } from './tasks'

/** What has happened since the last question. */
export interface Changes {
  after: number
  entities: string[]
  tasks: boolean
  counts: TaskCounts
  /** Messages in the app not read yet. */
  unread: number
}

/** Asks for changes after an event number; without one the answer only tells where the log stands now. */
export function changesAfter(after: number | undefined, signal: AbortSignal): Promise<Changes> {
  return request(`/changes${after === undefined ? '' : `?after=${after}`}`, {
    signal,
    unasked: true,
  })
}
