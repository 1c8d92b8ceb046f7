import { useSuspenseQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { sessionQueries } from '@/api/session'
import { useOnline } from '@/ui/use-online'
import { useReached } from '@/ui/use-reached'

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** Things a person must know about where he is: a demo that is forgotten, a line others can read, no network. */
export function Banners() {
  const { t } = useTranslation()
  const { data: session } = useSuspenseQuery(sessionQueries.current())
  const online = useOnline()
  const reached = useReached()
  const insecure =
    session.banner === 'insecure' ||
    (location.protocol === 'http:' && !loopback.test(location.hostname))
  return (
    <div role="status">
      {!online && <div className="fw-banner fw-banner-bad">{t('shell.offline')}</div>}
      {online && !reached && (
        <div className="fw-banner fw-banner-bad">{t('shell.unreachable')}</div>
      )}
      {insecure && <div className="fw-banner fw-banner-bad">{t('shell.insecure')}</div>}
      {session.banner === 'demo' && (
        <div className="fw-banner fw-banner-demo">{t('shell.demo')}</div>
      )}
    </div>
  )
}
