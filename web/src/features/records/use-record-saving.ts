import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Bundle } from '@/api/bundle'
import {
  changeRecord,
  commandRecord,
  createRecord,
  recordQueries,
  type StoredRecord,
} from '@/api/records'
import { ApiError, Attempt } from '@/api/request'
import type { FormModel } from '@/form/model'
import { patchOf, sameWritten } from '@/form/patch'
import { isRecord, useGuardedCommand } from '@/form/save/use-guarded-command'

/** What is to become of what was typed. */
export type Intent = 'save' | 'submit' | 'resubmit'

interface Saving {
  bundle: Bundle
  model: FormModel
  /** The record as it was read; undefined for a new one. */
  record: StoredRecord | undefined
  /** Shows it; what it answers with is waited for before the next command. */
  onSaved: (record: StoredRecord, intent: Intent) => void | Promise<void>
}

/** Saves or submits what a form holds: one command each, with everything a refusal may ask for. */
export function useRecordSaving({ bundle, model, record, onSaved }: Saving) {
  const refresh = useRefresh()
  const [attempt] = useState(() => new Attempt())
  return useGuardedCommand<Intent, StoredRecord>({
    model,
    bundle,
    send: (intent, acknowledged, picks) => {
      const reasons = { ...(acknowledged ? { acknowledged } : {}), ...(picks ? { picks } : {}) }
      const fields = bundle.entity.properties
      if (!record) {
        const values = patchOf(fields, {}, model.values())
        const body = { values, ...(intent === 'save' ? {} : { submit: true }), ...reasons }
        return createRecord(bundle.entity.name, body, attempt.keyFor(body))
      }
      const values = patchOf(fields, record.values, model.values())
      if (intent === 'save') {
        return changeRecord(record, { values, ...reasons }).catch(keptAlready(bundle, model))
      }
      const body = { ...(Object.keys(values).length > 0 ? { values } : {}), ...reasons }
      return commandRecord(record, intent, body, attempt.keyFor(body))
    },
    onDone: async (saved, intent) => {
      attempt.done()
      model.settle()
      await refresh(saved)
      await onSaved(saved, intent)
    },
  })
}

/** A save whose answer was lost on the way is no conflict when it is sent again: what is stored is what is in the form. */
function keptAlready({ entity }: Bundle, model: FormModel) {
  return (error: unknown): StoredRecord => {
    if (error instanceof ApiError && error.code === 'conflict' && isRecord(error.current)) {
      const { current } = error
      if (sameWritten(entity.properties, current.values, model.values())) return current
    }
    throw error
  }
}

/** Puts a record that came with an answer where it is shown, and lets the lists about it be read again. */
export function useRefresh() {
  const client = useQueryClient()
  return async (saved: StoredRecord) => {
    client.setQueryData(recordQueries.one(saved.entity, saved.id).queryKey, saved)
    await Promise.all([
      client.invalidateQueries({ queryKey: ['records', saved.entity, 'list'] }),
      client.invalidateQueries({ queryKey: ['records', saved.entity, 'timeline', saved.id] }),
      client.invalidateQueries({ queryKey: ['tasks'] }),
    ])
  }
}
