import './message-page.css'
import { type ReactNode, useEffect } from 'react'

interface MessagePageProps {
  title: string
  children?: ReactNode
  /** What the person can do now. */
  actions?: ReactNode
}

/** Says something instead of a page: that there is none, or why it cannot be shown. */
export function MessagePage({ title, children, actions }: MessagePageProps) {
  useEffect(() => {
    document.title = `${title} · Formwork`
  }, [title])
  return (
    <div className="fw-message-page">
      <h1>{title}</h1>
      <div className="fw-quiet">{children}</div>
      {actions && <div className="fw-message-actions">{actions}</div>}
    </div>
  )
}
