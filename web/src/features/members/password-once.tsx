import { Typography } from 'antd'
import { useTranslation } from 'react-i18next'
import { ShownOnce } from '@/ui/shown-once'

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
    <ShownOnce
      title={t('members.passwordOf', { name: shown.name })}
      warning={t('members.passwordOnce')}
      onClose={onClose}
    >
      <p>
        {t('signIn.login')}
        {t('form.colon')}
        <strong>{shown.login}</strong>
      </p>
      <p>
        {t('signIn.password')}
        {t('form.colon')}
        <Typography.Text code copyable style={{ fontSize: 16 }}>
          {shown.password}
        </Typography.Text>
      </p>
    </ShownOnce>
  )
}
