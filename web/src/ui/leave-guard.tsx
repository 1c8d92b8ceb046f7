import { useBlocker } from '@tanstack/react-router'
import { Modal } from 'antd'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'

interface LeaveGuardProps {
  /** Whether there is something that is not kept yet. */
  dirty: () => boolean
  /** It is on its way to the server just now. */
  busy?: boolean
  /** The person leaves it behind. */
  onLeave?: (() => void) | undefined
}

/** Asks before what was typed is left behind, by a link, the back button or by closing the page. */
export function LeaveGuard({ dirty, busy = false, onLeave }: LeaveGuardProps) {
  const { t } = useTranslation()
  const blocker = useBlocker({
    shouldBlockFn: dirty,
    enableBeforeUnload: dirty,
    withResolver: true,
  })
  const { status, reset } = blocker
  const settled = status === 'blocked' && !busy && !dirty()
  useEffect(() => {
    if (settled) reset?.()
  }, [settled, reset])
  return (
    <Modal
      open={status === 'blocked'}
      title={t(busy ? 'leave.titleSaving' : 'leave.title')}
      okText={t('leave.go')}
      okButtonProps={{ danger: true }}
      cancelText={t('leave.stay')}
      onOk={() => {
        onLeave?.()
        blocker.proceed?.()
      }}
      onCancel={() => reset?.()}
    >
      <p>{t(busy ? 'leave.helpSaving' : 'leave.help')}</p>
    </Modal>
  )
}
