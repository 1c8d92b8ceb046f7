import './labelled.css'
import type { ReactNode } from 'react'

interface LabelledProps {
  id: string
  label: string
  required?: boolean
  help?: string | undefined
  problem?: string | undefined
  children: ReactNode
}

/** A control with its label above and its problem below; the control refers to `${id}-note`. */
export function Labelled({ id, label, required, help, problem, children }: LabelledProps) {
  return (
    <div className={problem ? 'fw-labelled fw-labelled-bad' : 'fw-labelled'}>
      <label htmlFor={id}>
        {label}
        {required && (
          <span className="fw-required" aria-hidden="true">
            *
          </span>
        )}
      </label>
      {children}
      {(problem ?? help) && (
        <div id={`${id}-note`} className={problem ? 'fw-problem' : 'fw-help'}>
          {problem ?? help}
        </div>
      )}
    </div>
  )
}
