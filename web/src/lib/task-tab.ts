/** The tabs of the to-do centre in their order. */
export const taskTabs = ['open', 'handle', 'cc', 'started', 'handled', 'proxied'] as const
export type TaskTab = (typeof taskTabs)[number]

/** A tab named in a URL; the open tasks where it names none. */
export function taskTabOf(value: unknown): TaskTab {
  return taskTabs.find((tab) => tab === value) ?? 'open'
}
