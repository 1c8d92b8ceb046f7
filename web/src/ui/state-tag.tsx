import './state-tag.css'
import { translateIfKnown } from '@/lib/i18n'

const tones: Record<string, string> = {
  draft: 'quiet',
  running: 'info',
  returned: 'warn',
  suspended: 'odd',
  approved: 'good',
  rejected: 'bad',
  cancelled: 'quiet',
  terminated: 'quiet',
  voided: 'quiet',
}

/** Where the approval of a record stands, in words and colour. */
export function StateTag({ state }: { state: string }) {
  return (
    <span className={`fw-state fw-state-${tones[state] ?? 'quiet'}`}>
      {translateIfKnown(`state.${state}`) ?? state}
    </span>
  )
}
