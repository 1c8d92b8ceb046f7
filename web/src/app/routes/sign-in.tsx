import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { type Session, sessionQueries } from '@/api/session'
import { SignInPage } from '@/features/sign-in/sign-in-page'

const route = getRouteApi('/sign-in')

/** Signs in and goes on to where the person wanted to be. */
export function SignInRoute() {
  const { next } = route.useSearch()
  const router = useRouter()
  const client = useQueryClient()
  const enter = async (session: Session) => {
    client.setQueryData(sessionQueries.current().queryKey, session)
    router.history.push(next ?? '/')
  }
  return <SignInPage onSignedIn={enter} />
}
