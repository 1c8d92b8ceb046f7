import { useCallback, useRef, useState } from 'react'
import type { Bundle } from '@/api/bundle'
import type { StoredRecord } from '@/api/records'
import { ApiError } from '@/api/request'
import type { Problem } from '@/api/wire'
import { useFailureMessage } from '@/ui/use-failure-message'
import type { FormModel } from '../model'

/** Reasons by rule. */
export type Reasons = Record<string, string>

/** What stopped a command and needs the person. */
export type Stop =
  | { kind: 'warnings'; problems: readonly Problem[] }
  | { kind: 'conflict'; current: StoredRecord }

interface Guarded<C, T> {
  model: FormModel | undefined
  bundle: Bundle
  /** Sends the command, with the reasons given so far. */
  send: (command: C, acknowledged: Reasons | undefined) => Promise<T>
  onDone: (answer: T, command: C) => void | Promise<void>
}

/**
 * Sends commands that change a record. Refused values go to their fields, warnings ask for reasons and a conflict is
 * shown; `stop` says which dialog the caller has to show.
 */
export function useGuardedCommand<C, T>({ model, bundle, send, onDone }: Guarded<C, T>) {
  const fail = useFailureMessage()
  const [busy, setBusy] = useState(false)
  const [stop, setStop] = useState<Stop | undefined>()
  const stopped = useRef<C | undefined>(undefined)

  const refused = useCallback(
    (error: unknown) => {
      if (!(error instanceof ApiError)) return fail(error)
      if (error.code === 'needs_reason')
        return setStop({ kind: 'warnings', problems: error.problems })
      if (error.code === 'conflict' && isRecord(error.current)) {
        return setStop({ kind: 'conflict', current: error.current })
      }
      const known = error.problems.filter((problem) => isPlace(bundle, problem.field))
      if (model && known.length > 0) {
        model.refuse(error.problems)
        const first = known.find((problem) => problem.level !== 'warning') ?? known[0]
        if (first) requestAnimationFrame(() => model.focus(first.field))
        return
      }
      fail(error)
    },
    [bundle, fail, model],
  )

  const run = async (command: C, acknowledged?: Reasons) => {
    stopped.current = command
    setBusy(true)
    setStop(undefined)
    try {
      await onDone(await send(command, acknowledged), command)
    } catch (error) {
      refused(error)
    } finally {
      setBusy(false)
    }
  }
  /** Sends the stopped command again, with reasons for the warnings. */
  const repeat = (acknowledged: Reasons) => {
    if (stopped.current !== undefined) void run(stopped.current, acknowledged)
  }
  return { run, repeat, busy, stop, dismiss: () => setStop(undefined) }
}

function isRecord(value: unknown): value is StoredRecord {
  return typeof value === 'object' && value !== null && 'rev' in value && 'values' in value
}

/** Whether the form shows the place, so that its problem can stand there. */
function isPlace(bundle: Bundle, path: string): boolean {
  const name = /^[a-z][a-z0-9_]*/.exec(path)?.[0] ?? ''
  return bundle.entity.properties[name] !== undefined
}
