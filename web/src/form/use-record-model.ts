import { useMemo } from 'react'
import type { Bundle } from '@/api/bundle'
import type { StoredRecord } from '@/api/records'
import type { Values } from '@/api/wire'
import { FormModel } from './model'

/** What an editing starts from. */
export interface FormBase {
  record: StoredRecord
  /** Values to begin with instead of the record's: one's own changes put upon a newer version. */
  begin?: Values
  /** The display texts of what they refer to, besides those the record came with. */
  names?: Record<string, string>
  /** Another number starts again from the same record. */
  generation?: number
}

/**
 * The model of a record as it was read. A newer revision makes a new model, so a caller that must not lose what is
 * being typed keeps giving the old record. `closed` are paths that may not be written here.
 */
export function useRecordModel(
  bundle: Bundle,
  base: FormBase,
  closed: readonly string[],
): FormModel {
  const { record, begin, generation = 0 } = base
  // biome-ignore lint/correctness/useExhaustiveDependencies: the bundle is asked for again now and then, and only other definitions may make another model
  return useMemo(() => {
    const model = new FormModel(bundle.entity, begin ?? record.values, {
      ...record.refs,
      ...base.names,
    })
    model.close(closed)
    if (begin) model.unsettle()
    return model
  }, [bundle.version, bundle.entity.name, record.id, record.rev, begin, generation])
}

/** Fields that were given when the record was made and are changed by flows only since, unless it is still being made. */
export function onlyOnce(bundle: Bundle, record: StoredRecord): string[] {
  if (record.state === 'draft' || record.state === 'returned') return []
  return Object.entries(bundle.entity.properties)
    .filter(([, field]) => field['x-once'] === true)
    .map(([path]) => path)
}

/** The paths the grants leave readable only. */
export function readOnlyPaths(bundle: Bundle): string[] {
  return Object.entries(bundle.rights.fields ?? {})
    .filter(([, right]) => right === 'read' || right === 'masked')
    .map(([path]) => path)
}
