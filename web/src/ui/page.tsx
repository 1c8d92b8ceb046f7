import './page.css'
import { ArrowLeftOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import type { ReactNode } from 'react'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'

interface PageProps {
  title: string
  /** Beside the title: a state, a number. */
  note?: ReactNode
  actions?: ReactNode
  /** Shows the way back to where this page was opened from. */
  onBack?: () => void
  children: ReactNode
  /** Forms read best at a limited width; lists use all there is. */
  narrow?: boolean
}

/** A page: its heading with actions, and what is under it. The window's title says the same. */
export function Page({ title, note, actions, onBack, children, narrow }: PageProps) {
  const { t } = useTranslation()
  useEffect(() => {
    document.title = `${title} · Formwork`
  }, [title])
  return (
    <div className={narrow ? 'fw-page fw-page-narrow' : 'fw-page'}>
      <header className="fw-page-head">
        {onBack && (
          <Button
            type="text"
            icon={<ArrowLeftOutlined />}
            aria-label={t('common.back')}
            onClick={onBack}
          />
        )}
        <h1>{title}</h1>
        {note}
        {actions && <div className="fw-page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  )
}
