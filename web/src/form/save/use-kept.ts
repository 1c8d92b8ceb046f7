import { useSuspenseQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { sessionQueries } from '@/api/session'
import type { Values } from '@/api/wire'
import { serverNow } from '@/lib/server-time'
import type { FormModel } from '../model'
import { drop, type Kept, keep, keptAt, keyOf } from './kept'

/** What was typed into a form when it was last shown in this tab, and its place. */
export interface Keeping {
  kept: Kept | undefined
  /** Forgets it: it was saved, or its writer does not want it. */
  forget: () => void
  /** Keeps what differs now. */
  put: (patch: Values, names: Record<string, string>) => void
}

/** Where what is typed into a form is kept for the signed-in person; `of` says which form. */
export function useKept(of: readonly string[]): Keeping {
  const { data: session } = useSuspenseQuery(sessionQueries.current())
  const key = keyOf([session.tenant.name, session.user.id, ...of])
  const [kept, setKept] = useState(() => keptAt(key, serverNow()))
  const forget = useCallback(() => {
    drop(key)
    setKept(undefined)
  }, [key])
  const put = useCallback(
    (patch: Values, names: Record<string, string>) => keep(key, { at: serverNow(), patch, names }),
    [key],
  )
  return useMemo(() => ({ kept, forget, put }), [kept, forget, put])
}

/** How long typing rests before it is kept, in milliseconds. */
const rest = 500

/**
 * Keeps what is typed a moment after it was, and at once when the page is hidden: a phone that opens its camera may
 * close the page behind it, and a window that is made narrow builds it anew. `patch` tells what differs from what the
 * form began with.
 */
export function useKeeping(model: FormModel, put: Keeping['put'], patch: () => Values): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: what the form began with changes with its model only
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const write = () => {
      clearTimeout(timer)
      if (model.isDirty()) put(patch(), Object.fromEntries(model.names))
    }
    const stop = model.subscribeProblems(() => {
      clearTimeout(timer)
      timer = setTimeout(write, rest)
    })
    const onHide = () => {
      if (document.visibilityState === 'hidden') write()
    }
    document.addEventListener('visibilitychange', onHide)
    return () => {
      document.removeEventListener('visibilitychange', onHide)
      stop()
      write()
    }
  }, [model, put])
}
