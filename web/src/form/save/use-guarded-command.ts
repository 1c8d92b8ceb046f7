import { useCallback, useRef, useState } from 'react'
import type { Bundle } from '@/api/bundle'
import type { StoredRecord } from '@/api/records'
import { ApiError } from '@/api/request'
import type { Pick } from '@/api/verbs'
import type { Problem } from '@/api/wire'
import { useFailureMessage } from '@/ui/use-failure-message'
import { useHere } from '@/ui/use-here'
import type { FormModel } from '../model'
import { isLikeness } from '../similar'

/** Reasons by rule. */
export type Reasons = Record<string, string>

/** What stopped a command and needs the person. */
export type Stop =
  | { kind: 'warnings'; problems: readonly Problem[] }
  | { kind: 'conflict'; current: StoredRecord }
  | { kind: 'picks'; picks: readonly Pick[] }

/** Approvers the person chose, by node. */
export type Picks = Record<string, string[]>

interface Guarded<C, T> {
  model: FormModel | undefined
  bundle: Bundle
  /** Sends the command, with the reasons given and the approvers chosen so far. */
  send: (command: C, acknowledged: Reasons | undefined, picks: Picks | undefined) => Promise<T>
  onDone: (answer: T, command: C) => void | Promise<void>
}

/**
 * Sends commands that change a record, one at a time. Refused values go to their fields, warnings ask for reasons and a conflict is
 * shown; `stop` says which dialog the caller has to show.
 */
export function useGuardedCommand<C, T>({ model, bundle, send, onDone }: Guarded<C, T>) {
  const fail = useFailureMessage()
  const here = useHere()
  const sending = useRef(false)
  const [busy, setBusy] = useState(false)
  const [stop, setStop] = useState<Stop | undefined>()
  const stopped = useRef<
    { command: C; acknowledged: Reasons | undefined; picks: Picks | undefined } | undefined
  >(undefined)

  const refused = useCallback(
    (error: unknown) => {
      // Where its form is gone a refusal can only be told.
      if (!(error instanceof ApiError) || !here()) return fail(error)
      const asks = stopOf(error)
      if (asks?.kind === 'warnings') model?.refuse(asks.problems.filter(isLikeness))
      if (asks) return setStop(asks)
      const known = error.problems.filter((problem) => isPlace(bundle, problem.field))
      if (model && known.length > 0) {
        model.refuse(error.problems)
        const first = known.find((problem) => problem.level !== 'warning') ?? known[0]
        if (first) requestAnimationFrame(() => model.focus(first.field))
        return
      }
      fail(error)
    },
    [bundle, fail, here, model],
  )

  const run = async (command: C, acknowledged?: Reasons, picks?: Picks) => {
    // Two presses may come before the first one has made the buttons busy.
    if (sending.current) return
    sending.current = true
    stopped.current = { command, acknowledged, picks }
    setBusy(true)
    setStop(undefined)
    try {
      await onDone(await send(command, acknowledged, picks), command)
    } catch (error) {
      refused(error)
    } finally {
      sending.current = false
      setBusy(false)
    }
  }
  /** Sends the stopped command again, with reasons for the warnings. */
  const repeat = (acknowledged: Reasons) => {
    const last = stopped.current
    if (last) void run(last.command, acknowledged, last.picks)
  }
  /** Sends it again, with approvers for the nodes to come. */
  const pick = (picks: Picks) => {
    const last = stopped.current
    if (last) void run(last.command, last.acknowledged, { ...last.picks, ...picks })
  }
  return { run, repeat, pick, busy, stop, dismiss: () => setStop(undefined) }
}

/** What a refusal asks the person for, if it can be answered in a dialog. */
function stopOf(error: ApiError): Stop | undefined {
  if (error.code === 'needs_reason') return { kind: 'warnings', problems: error.problems }
  if (error.code === 'pick_required' && Array.isArray(error.params['picks'])) {
    return { kind: 'picks', picks: error.params['picks'] }
  }
  if (error.code === 'conflict' && isRecord(error.current)) {
    return { kind: 'conflict', current: error.current }
  }
  return undefined
}

/** Whether a conflict came with the record as it is stored now. */
export function isRecord(value: unknown): value is StoredRecord {
  return typeof value === 'object' && value !== null && 'rev' in value && 'values' in value
}

/** Whether the form shows the place, so that its problem can stand there. */
function isPlace(bundle: Bundle, path: string): boolean {
  const name = /^[a-z][a-z0-9_]*/.exec(path)?.[0] ?? ''
  return bundle.entity.properties[name] !== undefined
}
