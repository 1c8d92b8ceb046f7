import './chip.css'
import type { ReactNode } from 'react'

export type Tone = 'quiet' | 'info' | 'warn' | 'odd' | 'good' | 'bad'

/** A word on a tinted ground; the colour only underlines what the word says. */
export function Chip({ tone = 'quiet', children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`fw-chip fw-chip-${tone}`}>{children}</span>
}
