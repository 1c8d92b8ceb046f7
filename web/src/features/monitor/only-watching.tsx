import { Alert } from 'antd'
import { useTranslation } from 'react-i18next'

/** Tells an administrator of the company that he sees runs he may not command. */
export function OnlyWatching() {
  const { t } = useTranslation()
  return (
    <Alert className="fw-monitor-told" type="info" showIcon title={t('monitor.onlyWatching')} />
  )
}
