import { useQueryClient } from '@tanstack/react-query'
import { Button, Modal } from 'antd'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { onSessionEnd } from '@/api/request'
import { sessionQueries, signIn } from '@/api/session'
import { explain } from '@/lib/problems/explain'
import { LabelledPassword } from '@/ui/labelled-text'

/**
 * Asks for the password when the session has ended, over the page as it is: what was typed stays, and the request
 * that found the session ended is sent again.
 */
export function SessionDialog() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [finish, setFinish] = useState<((signedIn: boolean) => void) | undefined>()
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState<string | undefined>()
  const [busy, setBusy] = useState(false)
  const session = client.getQueryData(sessionQueries.current().queryKey)

  useEffect(() => {
    onSessionEnd(() => new Promise((resolve) => setFinish(() => resolve)))
  }, [])

  const close = (signedIn: boolean) => {
    finish?.(signedIn)
    setFinish(undefined)
    setPassword('')
    setProblem(undefined)
  }
  const submit = async () => {
    if (!session) return
    setBusy(true)
    try {
      const renewed = await signIn({
        login: session.user.login,
        password,
        tenant: session.tenant.name,
      })
      client.setQueryData(sessionQueries.current().queryKey, renewed)
      close(true)
    } catch (error) {
      setProblem(explain(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal
      open={finish !== undefined}
      title={t('session.ended')}
      footer={null}
      onCancel={() => close(false)}
      width={400}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <p>{t('session.endedHelp', { name: session?.user.name ?? '' })}</p>
        <input type="hidden" autoComplete="username" value={session?.user.login ?? ''} />
        <LabelledPassword
          id="renew-password"
          label={t('signIn.password')}
          problem={problem}
          autoFocus
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          {...(problem ? { status: 'error' } : {})}
        />
        <Button type="primary" htmlType="submit" block loading={busy} disabled={password === ''}>
          {t('session.continue')}
        </Button>
        <Button type="link" block href="/sign-in" style={{ marginTop: 4 }}>
          {t('session.other')}
        </Button>
      </form>
    </Modal>
  )
}
