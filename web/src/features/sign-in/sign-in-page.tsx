import './sign-in.css'
import { useMutation } from '@tanstack/react-query'
import { Alert, Button } from 'antd'
import { type SubmitEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Session, signIn } from '@/api/session'
import { explain } from '@/lib/problems/explain'
import { LabelledPassword, LabelledText } from '@/ui/labelled-text'
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
          <LabelledText
            id="login"
            label={t('signIn.login')}
            size="large"
            autoFocus
            autoComplete="username"
            autoCapitalize="none"
            value={login}
            onChange={setLogin}
          />
          <LabelledPassword
            id="password"
            label={t('signIn.password')}
            size="large"
            autoComplete="current-password"
            value={password}
            onChange={setPassword}
          />
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
