import './row-card.css'
import type { ReactNode } from 'react'

/** One thing said about what a card stands for; nothing to say, no line. */
export interface CardLine {
  title: string
  text: ReactNode
}

interface RowCardProps {
  head: ReactNode
  /** What stands at the right of the head: a state. */
  mark?: ReactNode
  lines: readonly CardLine[]
  /** Buttons under the lines. */
  children?: ReactNode
}

/** A row on a phone, where a table would hide its state and its buttons at the side. Rows stand in a list of class fw-row-cards. */
export function RowCard({ head, mark, lines, children }: RowCardProps) {
  return (
    <li className="fw-row-card">
      <div className="fw-row-card-head">
        <strong>{head}</strong>
        {mark}
      </div>
      <dl>
        {lines
          .filter((line) => line.text !== undefined && line.text !== '')
          .map((line) => (
            <div key={line.title}>
              <dt>{line.title}</dt>
              <dd>{line.text}</dd>
            </div>
          ))}
      </dl>
      {children}
    </li>
  )
}
