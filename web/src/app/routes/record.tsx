import { getRouteApi, useCanGoBack, useNavigate, useRouter } from '@tanstack/react-router'
import { WhyThisPath } from '@/features/flows/why-this-path'
import { RecordPage } from '@/features/records/record-page'
import { Timeline } from '@/features/timeline/timeline'

const route = getRouteApi('/shell/e/$entity/r/$id')

/** A record with what has happened to it. */
export function RecordRoute() {
  const { entity, id } = route.useParams()
  const navigate = useNavigate()
  const router = useRouter()
  const canGoBack = useCanGoBack()
  return (
    <RecordPage
      key={`${entity}/${id}`}
      entity={entity}
      id={id}
      onBack={() => (canGoBack ? router.history.back() : void navigate({ to: '/' }))}
      onCopy={() =>
        void navigate({ to: '/e/$entity/new', params: { entity }, search: { from: id } })
      }
      timeline={
        <>
          <Timeline entity={entity} id={id} />
          <WhyThisPath entity={entity} id={id} />
        </>
      }
    />
  )
}
