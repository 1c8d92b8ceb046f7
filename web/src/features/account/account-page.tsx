import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { Alert, App, Button, Radio, Select } from 'antd'
import { type ReactNode, type SubmitEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { changePassword, endSession, type OpenSession, sessionQueries } from '@/api/session'
import { languages } from '@/lib/i18n'
import { languageNames } from '@/lib/language-names'
import { explain } from '@/lib/problems/explain'
import { fromNow } from '@/lib/time'
import { Boundary } from '@/ui/boundary'
import { Labelled } from '@/ui/labelled'
import { LabelledPassword } from '@/ui/labelled-text'
import { Page } from '@/ui/page'
import { minPasswordLength } from '@/ui/password-rules'
import { useFailureMessage } from '@/ui/use-failure-message'
import { useNow } from '@/ui/use-now'

interface AccountPageProps {
  onLanguage: (lang: string) => void
  onTenant: (tenant: string) => void
  onLeave: () => void
  /** How the person is told of things. */
  messages: ReactNode
  /** Who decides for him while he is away. */
  proxies: ReactNode
}

/** The person's own page: name, language, company, password and where he is signed in. */
export function AccountPage({
  onLanguage,
  onTenant,
  onLeave,
  messages,
  proxies,
}: AccountPageProps) {
  const { t, i18n } = useTranslation()
  const { data: session } = useSuspenseQuery(sessionQueries.current())
  return (
    <Page
      narrow
      title={t('account.title')}
      actions={
        <Button danger onClick={onLeave}>
          {t('shell.signOut')}
        </Button>
      }
    >
      <section className="fw-card" aria-label={t('account.me')}>
        <h2>{t('account.me')}</h2>
        <p>
          <strong>{session.user.name}</strong>{' '}
          <span className="fw-quiet">
            {t('account.login')} {session.user.login}
          </span>
        </p>
        {session.tenants.length > 1 && (
          <Labelled id="account-tenant" label={t('shell.company')}>
            <Select
              id="account-tenant"
              style={{ maxWidth: 320 }}
              value={session.tenant.name}
              options={session.tenants.map((tenant) => ({
                value: tenant.name,
                label: tenant.title,
              }))}
              onChange={onTenant}
            />
          </Labelled>
        )}
        <div className="fw-labelled">
          <span id="account-lang" className="fw-label">
            {t('shell.language')}
          </span>
          <Radio.Group
            aria-labelledby="account-lang"
            optionType="button"
            buttonStyle="solid"
            value={i18n.language}
            options={languages.map((lang) => ({ value: lang, label: languageNames[lang] }))}
            onChange={(event) => onLanguage(event.target.value)}
          />
        </div>
      </section>
      <section className="fw-card" aria-label={t('account.messages')}>
        <h2>{t('account.messages')}</h2>
        <Boundary>{messages}</Boundary>
      </section>
      <section className="fw-card" aria-label={t('account.proxies')}>
        <h2>{t('account.proxies')}</h2>
        <Boundary>{proxies}</Boundary>
      </section>
      <section className="fw-card" aria-label={t('account.password')}>
        <h2>{t('account.password')}</h2>
        <PasswordForm />
      </section>
      <section className="fw-card" aria-label={t('account.sessions')}>
        <h2>{t('account.sessions')}</h2>
        <Boundary>
          <OpenSessions />
        </Boundary>
      </section>
    </Page>
  )
}

function PasswordForm() {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [current, setCurrent] = useState('')
  const [chosen, setChosen] = useState('')
  const [again, setAgain] = useState('')
  const changing = useMutation({
    mutationFn: () => changePassword({ current, new: chosen }),
    onSuccess: () => {
      setCurrent('')
      setChosen('')
      setAgain('')
      void message.success(t('account.passwordChanged'))
    },
  })
  const short = chosen !== '' && chosen.length < minPasswordLength
  const differs = again !== '' && again !== chosen
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    changing.mutate()
  }
  return (
    <form onSubmit={submit} style={{ maxWidth: 320 }}>
      <LabelledPassword
        id="password-current"
        label={t('account.passwordCurrent')}
        autoComplete="current-password"
        value={current}
        onChange={setCurrent}
      />
      <LabelledPassword
        id="password-new"
        label={t('account.passwordNew')}
        help={t('account.passwordHelp', { min: minPasswordLength })}
        problem={short ? t('account.passwordShort', { min: minPasswordLength }) : undefined}
        autoComplete="new-password"
        value={chosen}
        onChange={setChosen}
      />
      <LabelledPassword
        id="password-again"
        label={t('account.passwordAgain')}
        problem={differs ? t('account.passwordDiffers') : undefined}
        autoComplete="new-password"
        value={again}
        onChange={setAgain}
      />
      {changing.error && (
        <Alert
          type="error"
          showIcon
          role="alert"
          title={explain(changing.error)}
          style={{ marginBottom: 14 }}
        />
      )}
      <Button
        type="primary"
        htmlType="submit"
        loading={changing.isPending}
        disabled={current === '' || chosen === '' || short || chosen !== again}
      >
        {t('account.passwordChange')}
      </Button>
    </form>
  )
}

function OpenSessions() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const fail = useFailureMessage()
  const now = useNow()
  const { data: sessions } = useSuspenseQuery(sessionQueries.open())
  const here = [...sessions].sort((a, b) => Number(b.current) - Number(a.current))
  const ending = useMutation({
    mutationFn: (session: OpenSession) => endSession(session.id),
    onSuccess: () => client.invalidateQueries({ queryKey: sessionQueries.open().queryKey }),
    onError: fail,
  })
  return (
    <ul className="fw-session-list">
      {here.map((session) => (
        <li key={session.id}>
          <div>
            <div>
              {session.current
                ? t('account.thisBrowser')
                : (agentName(session.agent) ?? t('account.otherBrowser'))}
            </div>
            <div className="fw-quiet">{fromNow(session.seenAt, now)}</div>
          </div>
          {!session.current && (
            <Button size="small" loading={ending.isPending} onClick={() => ending.mutate(session)}>
              {t('account.endSession')}
            </Button>
          )}
        </li>
      ))}
    </ul>
  )
}

/** The browser and system a user agent names, as people call them. */
function agentName(agent: string): string | undefined {
  const browser = ['MicroMessenger', 'DingTalk', 'Edg', 'Firefox', 'Chrome', 'Safari'].find(
    (name) => agent.includes(name),
  )
  const system = ['iPhone', 'iPad', 'Android', 'Windows', 'Mac OS', 'Linux'].find((name) =>
    agent.includes(name),
  )
  const parts = [browser?.replace('Edg', 'Edge'), system].filter(Boolean)
  return parts.length > 0 ? parts.join(' · ') : undefined
}
