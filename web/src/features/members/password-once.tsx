import { Alert, Button, Modal, Typography } from 'antd'
import { useTranslation } from 'react-i18next'

/** A generated password and whose it is. */
export interface ShownPassword {
  name: string
  login: string
  password: string
}

/** Shows a generated password the only time it can be seen. */
export function PasswordOnce({ shown, onClose }: { shown: ShownPassword; onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <Modal
      open
      closable={false}
      title={t('members.passwordOf', { name: shown.name })}
      footer={
        <Button type="primary" onClick={onClose}>
          {t('members.passwordNoted')}
        </Button>
      }
    >
      <Alert
        type="warning"
        showIcon
        title={t('members.passwordOnce')}
        style={{ marginBottom: 12 }}
      />
      <p>
        {t('signIn.login')}: <strong>{shown.login}</strong>
      </p>
      <p>
        {t('signIn.password')}:{' '}
        <Typography.Text code copyable style={{ fontSize: 16 }}>
          {shown.password}
        </Typography.Text>
      </p>
    </Modal>
  )
}
