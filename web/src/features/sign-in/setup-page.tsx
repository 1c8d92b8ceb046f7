import './sign-in.css'
import { useMutation } from '@tanstack/react-query'
import { Alert, Button, Checkbox, Input } from 'antd'
import { type SubmitEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Session, setUp } from '@/api/session'
import { currentLanguage } from '@/lib/i18n'
import { explain } from '@/lib/problems/explain'
import { Labelled } from '@/ui/labelled'
import { minPasswordLength } from '@/ui/password-rules'
import { LanguageChoice } from './language-choice'

const companyName = /^[a-z][a-z0-9_]{0,47}$/

interface Answers {
  token: string
  name: string
  title: string
  login: string
  person: string
  password: string
  labor: boolean
}

type TextAnswer = Exclude<keyof Answers, 'labor'>

/** The first run: proves with the token from the server's console that this person may, then founds company and administrator. */
export function SetupPage({
  token,
  onDone,
}: {
  token: string
  onDone: (session: Session) => void
}) {
  const { t } = useTranslation()
  const [answers, setAnswers] = useState<Answers>({
    token,
    name: '',
    title: '',
    login: 'admin',
    person: '',
    password: '',
    labor: true,
  })
  const founding = useMutation({ mutationFn: setUp, onSuccess: onDone })
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    founding.mutate({
      token: answers.token.trim(),
      company: { name: answers.name, title: answers.title.trim() },
      admin: {
        login: answers.login.trim(),
        name: answers.person.trim(),
        password: answers.password,
      },
      lang: currentLanguage(),
      ...(answers.labor ? { template: 'labor' } : {}),
    })
  }
  return (
    <main className="fw-entrance">
      <div className="fw-entrance-card">
        <h1>{t('setup.title')}</h1>
        <p>{t('setup.intro')}</p>
        <form onSubmit={submit}>
          <Questions answers={answers} onChange={setAnswers} />
          {founding.error && (
            <Alert
              type="error"
              showIcon
              role="alert"
              title={explain(founding.error)}
              style={{ marginBottom: 14 }}
            />
          )}
          <Button
            type="primary"
            htmlType="submit"
            size="large"
            block
            loading={founding.isPending}
            disabled={!complete(answers)}
          >
            {t('setup.found')}
          </Button>
        </form>
        <LanguageChoice />
      </div>
    </main>
  )
}

function complete(answers: Answers): boolean {
  const texts = [answers.token, answers.title, answers.login, answers.person]
  return (
    texts.every((text) => text.trim() !== '') &&
    companyName.test(answers.name) &&
    answers.password.length >= minPasswordLength
  )
}

function Questions({
  answers,
  onChange,
}: {
  answers: Answers
  onChange: (answers: Answers) => void
}) {
  const { t } = useTranslation()
  const control = (key: TextAnswer, autoComplete = 'off') => {
    const Control = key === 'password' ? Input.Password : Input
    return (
      <Control
        id={`setup-${key}`}
        autoComplete={autoComplete}
        value={answers[key]}
        onChange={(event) => onChange({ ...answers, [key]: event.target.value })}
      />
    )
  }
  const { name, password } = answers
  const nameProblem = name !== '' && !companyName.test(name) ? t('setup.nameShape') : undefined
  const short = password !== '' && password.length < minPasswordLength
  return (
    <>
      <Labelled id="setup-token" label={t('setup.token')} help={t('setup.tokenHelp')}>
        {control('token')}
      </Labelled>
      <fieldset className="fw-fieldset">
        <legend>{t('setup.company')}</legend>
        <Labelled id="setup-title" label={t('setup.companyTitle')}>
          {control('title', 'organization')}
        </Labelled>
        <Labelled
          id="setup-name"
          label={t('setup.companyName')}
          help={t('setup.nameHelp')}
          problem={nameProblem}
        >
          {control('name')}
        </Labelled>
      </fieldset>
      <fieldset className="fw-fieldset">
        <legend>{t('setup.admin')}</legend>
        <Labelled id="setup-person" label={t('setup.person')}>
          {control('person', 'name')}
        </Labelled>
        <Labelled id="setup-login" label={t('signIn.login')}>
          {control('login', 'username')}
        </Labelled>
        <Labelled
          id="setup-password"
          label={t('signIn.password')}
          help={t('account.passwordHelp', { min: minPasswordLength })}
          problem={short ? t('account.passwordShort', { min: minPasswordLength }) : undefined}
        >
          {control('password', 'new-password')}
        </Labelled>
      </fieldset>
      <p>
        <Checkbox
          checked={answers.labor}
          onChange={(event) => onChange({ ...answers, labor: event.target.checked })}
        >
          {t('setup.withLabor')}
        </Checkbox>
      </p>
    </>
  )
}
