import type { Bundle, Field } from '@/api/bundle'
import { moment } from '@/lib/time'
import type { FormModel } from '../../model'

/** What of the record is told in a photo: the records its summary refers to, such as project and team. */
export function placeOfRecord(bundle: Bundle, model: FormModel): string {
  const summary = bundle.entity['x-summary'] ?? []
  return summary
    .flatMap((path) => {
      const field: Field | undefined = bundle.entity.properties[path]
      const id = model.values()[path]
      const target = field?.['x-entity']
      return target && typeof id === 'string' ? (model.nameOf(target, id) ?? []) : []
    })
    .join(' · ')
}

/** The lines of a watermark: when, where, who. */
export function watermark(at: Date, zone: string, place: string, person: string): string[] {
  return [moment(at.toISOString(), zone), place, person].filter((line) => line !== '')
}
