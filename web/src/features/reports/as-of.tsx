import { useTranslation } from 'react-i18next'

/** The day up to which the figures of a page count. */
export function AsOf({ date }: { date: string }) {
  const { t } = useTranslation()
  return <span className="fw-quiet">{t('report.asOf', { date })}</span>
}
