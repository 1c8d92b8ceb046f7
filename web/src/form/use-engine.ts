import { useSuspenseQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { Bundle } from '@/api/bundle'
import { answerAsks, type StoredRecord } from '@/api/records'
import { sessionQueries } from '@/api/session'
import { type Ask, type EngineInput, loadEngine } from './engine'
import { statesOfMasked } from './first-states'
import type { FormModel } from './model'

export interface EngineOptions {
  model: FormModel
  bundle: Bundle
  record: StoredRecord | undefined
  /** What is edited now is about to be: decides which rules speak while typing. */
  event: EngineInput['context']['event']
  /** Paths the person may not write on top of what the definition says. */
  readOnly: readonly string[]
}

/** How long answers may gather before they are asked for together. */
const gather = 40
const retryAfter = 4_000

/** Lets the form engine join a model once it is loaded, and brings it the answers it asks for. */
export function useEngine(options: EngineOptions | undefined): void {
  const { data: session } = useSuspenseQuery(sessionQueries.current())
  const { user, roles } = session
  const model = options?.model
  // biome-ignore lint/correctness/useExhaustiveDependencies: a model belongs to one record and one set of definitions, so the other options never change under it
  useEffect(() => {
    if (!options || !model) return
    let gone = false
    const asking = new Asking(options.bundle.entity.name, (related) => {
      if (!gone) model.answer(related)
    })
    loadEngine().then(
      (engine) => {
        if (gone) return
        const input = inputOf(options, { id: user.id, name: user.name }, roles)
        const { editing, opened } = engine.open(options.bundle.slice, input)
        const masked = statesOfMasked(options.bundle.rights.fields, options.readOnly, input.values)
        const states = { ...opened.states, ...masked }
        model.join(editing, { ...opened, states }, (asks) => asking.add(asks))
      },
      (error: unknown) => {
        // The form stays usable and the server decides; whoever looks into the page's log learns why nothing computes.
        reportError(error)
      },
    )
    return () => {
      gone = true
      asking.stop()
      model.leave()
    }
  }, [model])
}

function inputOf(
  options: EngineOptions,
  actor: { id: string; name: string },
  roles: string[],
): EngineInput {
  const { record, bundle, model } = options
  const system = record && {
    id: record.id,
    rev: record.rev,
    ...(record.state ? { state: record.state } : {}),
    ...(record.createdBy ? { createdBy: record.createdBy } : {}),
    ...(record.createdAt ? { createdAt: record.createdAt } : {}),
    ...(record.updatedBy ? { updatedBy: record.updatedBy } : {}),
    ...(record.updatedAt ? { updatedAt: record.updatedAt } : {}),
  }
  return {
    values: model.values(),
    ...(record ? { stored: record.values, touched: model.touched() } : {}),
    context: {
      event: options.event,
      now: bundle.now,
      zone: bundle.offset,
      ...(bundle.calendar ? { calendar: bundle.calendar } : {}),
      actor,
      roles,
      readOnly: [...options.readOnly],
      ...(system ? { record: system } : {}),
    },
  }
}

/** Gathers what the engine asks within a moment into one request; what could not be answered is asked again. */
class Asking {
  private readonly entity: string
  private readonly deliver: (related: unknown) => void
  private readonly waiting = new Map<string, Ask>()
  private timer: ReturnType<typeof setTimeout> | undefined
  private stopped = false

  constructor(entity: string, deliver: (related: unknown) => void) {
    this.entity = entity
    this.deliver = deliver
  }

  add(asks: readonly Ask[]): void {
    for (const ask of asks) this.waiting.set(ask.key, ask)
    this.schedule(gather)
  }

  stop(): void {
    this.stopped = true
    clearTimeout(this.timer)
  }

  private schedule(delay: number): void {
    if (this.stopped || this.waiting.size === 0) return
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.send(), delay)
  }

  private async send(): Promise<void> {
    const asks = [...this.waiting.values()]
    this.waiting.clear()
    try {
      this.deliver(await answerAsks(this.entity, asks))
    } catch {
      for (const ask of asks) if (!this.waiting.has(ask.key)) this.waiting.set(ask.key, ask)
      this.schedule(retryAfter)
    }
  }
}
