import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { changeAccount, sessionQueries, signOut, switchTenant } from '@/api/session'
import { dropAll } from '@/form/save/kept'
import { languageFor, switchLanguage } from '@/lib/i18n'
import { useFailureMessage } from '@/ui/use-failure-message'

/** What a signed-in person can do with his session from the frame: speak another language, change company, leave. */
export function useSessionCommands() {
  const client = useQueryClient()
  const router = useRouter()
  const fail = useFailureMessage()
  const current = sessionQueries.current().queryKey

  const speaking = useMutation({
    mutationFn: async (tag: string) => {
      const lang = languageFor(tag)
      await switchLanguage(lang)
      client.setQueryData(current, (session) => (session ? { ...session, lang } : session))
      await changeAccount({ lang })
    },
    // Texts that the server chose by language (summaries, display texts) are read again.
    onSuccess: () =>
      client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'session' }),
    onError: fail,
  })
  const switching = useMutation({
    mutationFn: switchTenant,
    onSuccess: async (session) => {
      client.clear()
      client.setQueryData(current, session)
      await router.navigate({ to: '/' })
      await router.invalidate()
    },
    onError: fail,
  })
  const leaving = useMutation({
    mutationFn: signOut,
    onSuccess: async () => {
      dropAll()
      client.clear()
      await router.navigate({ to: '/sign-in' })
    },
    onError: fail,
  })
  return {
    speak: (lang: string) => speaking.mutate(lang),
    switchTo: (tenant: string) => switching.mutate(tenant),
    leave: () => leaving.mutate(),
  }
}
