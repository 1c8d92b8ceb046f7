import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { type Session, sessionQueries } from '@/api/session'
import { SetupPage } from '@/features/sign-in/setup-page'

const route = getRouteApi('/setup')

/** Founds the first company and signs its administrator in. */
export function SetupRoute() {
  const { token } = route.useSearch()
  const router = useRouter()
  const client = useQueryClient()
  const enter = async (session: Session) => {
    client.setQueryData(sessionQueries.setup().queryKey, { needed: false })
    client.setQueryData(sessionQueries.current().queryKey, session)
    await router.navigate({ to: '/' })
  }
  return <SetupPage token={token ?? ''} onDone={enter} />
}
