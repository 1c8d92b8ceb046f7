/** Where somebody listens for one part of a model: a field, a row, the whole. */
export type Topic = string

/** Who listens to what, and what was last read of it: the same object again until the topic has changed. */
export class Topics {
  private readonly listeners = new Map<Topic, Set<() => void>>()
  private readonly snapshots = new Map<Topic, unknown>()
  private readonly pending = new Set<Topic>()
  private depth = 0

  subscribe(topic: Topic, listener: () => void): () => void {
    const all = this.listeners.get(topic) ?? new Set()
    this.listeners.set(topic, all)
    all.add(listener)
    return () => all.delete(listener)
  }

  snapshot<T>(topic: Topic, make: () => T): T {
    if (!this.snapshots.has(topic)) this.snapshots.set(topic, make())
    return this.snapshots.get(topic) as T
  }

  /** Runs a change of several parts; each listener hears of it once, when all is in place. */
  together(change: () => void): void {
    this.depth += 1
    try {
      change()
    } finally {
      this.depth -= 1
      if (this.depth === 0) this.tell()
    }
  }

  changed(topic: Topic): void {
    this.snapshots.delete(topic)
    this.pending.add(topic)
    if (this.depth === 0) this.tell()
  }

  changedAll(): void {
    this.snapshots.clear()
    for (const topic of this.listeners.keys()) this.pending.add(topic)
    if (this.depth === 0) this.tell()
  }

  private tell(): void {
    const topics = [...this.pending]
    this.pending.clear()
    const heard = new Set<() => void>()
    for (const topic of topics) {
      for (const listener of this.listeners.get(topic) ?? []) heard.add(listener)
    }
    for (const listener of heard) listener()
  }
}
