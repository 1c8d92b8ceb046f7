import './sign-in.css'
import { useMutation } from '@tanstack/react-query'
import { Alert, Button, Input } from 'antd'
import { type SubmitEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Session, signIn } from '@/api/session'
import { explain } from '@/lib/problems/explain'
import { Labelled } from '@/ui/labelled'
import { LanguageChoice } from './language-choice'

/** Asks for login and password. A refusal is the same for an unknown login, a wrong password and a closed account. */
export function SignInPage({ onSignedIn }: { onSignedIn: (session: Session) => void }) {
  const { t } = useTranslation()
  const [login, setLogin] = useState('')
  const [password, setPassword] = useState('')
  const entering = useMutation({ mutationFn: signIn, onSuccess: onSignedIn })
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    entering.mutate({ login: login.trim(), password })
  }
  return (
    <main className="fw-entrance">
      <div className="fw-entrance-card">
        <h1>{t('signIn.title')}</h1>
        <p>{t('signIn.intro')}</p>
        <form onSubmit={submit}>
          <Labelled id="login" label={t('signIn.login')}>
            <Input
              id="login"
              size="large"
              autoFocus
              autoComplete="username"
              autoCapitalize="none"
              value={login}
              onChange={(event) => setLogin(event.target.value)}
            />
          </Labelled>
          <Labelled id="password" label={t('signIn.password')}>
            <Input.Password
              id="password"
              size="large"
              autoComplete="current-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </Labelled>
          {entering.error && (
            <Alert
              type="error"
              showIcon
              role="alert"
              title={explain(entering.error)}
              style={{ marginBottom: 14 }}
            />
          )}
          <Button
            type="primary"
            htmlType="submit"
            size="large"
            block
            loading={entering.isPending}
            disabled={login.trim() === '' || password === ''}
          >
            {t('signIn.enter')}
          </Button>
        </form>
        <LanguageChoice />
      </div>
    </main>
  )
}
