import { useBlocker } from '@tanstack/react-router'
import { Modal } from 'antd'
import { useTranslation } from 'react-i18next'

/** Asks before what was typed is left behind, by a link, the back button or by closing the page. */
export function LeaveGuard({ dirty }: { dirty: () => boolean }) {
  const { t } = useTranslation()
  const blocker = useBlocker({
    shouldBlockFn: dirty,
    enableBeforeUnload: dirty,
    withResolver: true,
  })
  return (
    <Modal
      open={blocker.status === 'blocked'}
      title={t('leave.title')}
      okText={t('leave.go')}
      okButtonProps={{ danger: true }}
      cancelText={t('leave.stay')}
      onOk={() => blocker.proceed?.()}
      onCancel={() => blocker.reset?.()}
    >
      <p>{t('leave.help')}</p>
    </Modal>
  )
}
