import { translateIfKnown } from '@/lib/i18n'
import { Chip, type Tone } from './chip'

const tones: Record<string, Tone> = {
  running: 'info',
  returned: 'warn',
  suspended: 'odd',
  approved: 'good',
  rejected: 'bad',
}

/** Where the approval of a record stands, in words and colour. */
export function StateTag({ state }: { state: string }) {
  return <Chip tone={tones[state] ?? 'quiet'}>{translateIfKnown(`state.${state}`) ?? state}</Chip>
}
