import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { DefinitionPage } from '@/features/definitions/definition-page'

const route = getRouteApi('/shell/definitions/$kind/$name')

/** One definition of the company. */
export function DefinitionRoute() {
  const { kind, name } = route.useParams()
  const navigate = useNavigate()
  return (
    <DefinitionPage
      key={`${kind}/${name}`}
      kind={kind}
      name={name}
      onBack={() => void navigate({ to: '/definitions' })}
    />
  )
}
