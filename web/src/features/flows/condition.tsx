import type { Reading } from '@/api/flows'
import { conditionText } from './condition-text'

/** A condition as a sentence, with its expression behind it; the expression itself where it has no simple reading. */
export function Condition({ source, told }: { source: string; told: Reading | undefined }) {
  return told ? <span title={source}>{conditionText(told)}</span> : <code>{source}</code>
}
