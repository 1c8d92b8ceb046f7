import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Task } from '@/api/tasks'

/** One thing said about what a card stands for; nothing to say, no line. */
export interface CardLine {
  title: string
  text: ReactNode
}

interface CardProps {
  head: ReactNode
  /** What stands at the right of the head: a state. */
  mark?: ReactNode
  lines: readonly CardLine[]
  /** Buttons under the lines. */
  children?: ReactNode
}

/** A row of the monitor on a phone, where a table would hide its state and its buttons at the side. */
export function Card({ head, mark, lines, children }: CardProps) {
  return (
    <li className="fw-monitor-card">
      <div className="fw-monitor-card-head">
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

/** The record a run or task is about. */
export function Subject({ of }: { of: Pick<Task, 'entity' | 'record' | 'subject'> }) {
  return (
    <Link to="/e/$entity/r/$id" params={{ entity: of.entity, id: of.record }}>
      {of.subject}
    </Link>
  )
}
