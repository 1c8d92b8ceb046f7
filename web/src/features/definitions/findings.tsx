import { Alert } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Finding } from '@/api/definitions'
import { translateIfKnown } from '@/lib/i18n'

/** What the check found, errors first. */
export function Findings({ findings }: { findings: readonly Finding[] }) {
  const { t } = useTranslation()
  if (findings.length === 0) return <Alert type="success" showIcon title={t('definitions.clean')} />
  const ordered = [...findings].sort(
    (a, b) => Number(a.level === 'warning') - Number(b.level === 'warning'),
  )
  return (
    <ul className="fw-findings" aria-label={t('definitions.findings')}>
      {ordered.map((finding) => (
        <li key={`${finding.ref}${finding.path}${finding.code}`}>
          <strong>
            {t(finding.level === 'warning' ? 'definitions.warning' : 'definitions.error')}
          </strong>{' '}
          {translateIfKnown(`findings.${finding.code}`, finding.params) ?? finding.code}{' '}
          <code>{[finding.ref, finding.path].filter(Boolean).join(' ')}</code>
        </li>
      ))}
    </ul>
  )
}
