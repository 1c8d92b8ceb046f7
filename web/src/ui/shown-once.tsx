import { Alert, Button, Modal } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

interface ShownOnceProps {
  title: string
  /** Why it has to be noted now. */
  warning: string
  onClose: () => void
  children: ReactNode
}

/** Shows a secret the only time it can be seen: the dialog goes when its reader says that he has it, and not before. */
export function ShownOnce({ title, warning, onClose, children }: ShownOnceProps) {
  const { t } = useTranslation()
  return (
    <Modal
      open
      closable={false}
      keyboard={false}
      mask={{ closable: false }}
      title={title}
      footer={
        <Button type="primary" onClick={onClose}>
          {t('common.noted')}
        </Button>
      }
    >
      <Alert type="warning" showIcon title={warning} style={{ marginBottom: 12 }} />
      {children}
    </Modal>
  )
}
