/** The tabs of the to-do centre in their order. */
export const taskTabs = ['open', 'handle', 'cc', 'started', 'handled', 'proxied'] as const
export type TaskTab = (typeof taskTabs)[number]

/** A tab named in a URL; the open tasks where it names none. */
export function taskTabOf(value: unknown): TaskTab {
  return taskTabs.find((tab) => tab === value) ?? 'open'
}

/** The orders a list can have; the first is its own. */
export const taskSorts: Record<TaskTab, readonly string[]> = {
  open: ['-arrived_at', 'arrived_at', 'due_at'],
  handle: ['-arrived_at', 'arrived_at', 'due_at'],
  proxied: ['-arrived_at', 'arrived_at', 'due_at'],
  cc: ['-arrived_at', 'arrived_at'],
  started: ['-arrived_at', 'arrived_at'],
  handled: ['-done_at', 'done_at'],
}
