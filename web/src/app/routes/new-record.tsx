import { getRouteApi, useCanGoBack, useNavigate, useRouter } from '@tanstack/react-router'
import { NewRecordPage } from '@/features/records/new-record-page'

const route = getRouteApi('/shell/e/$entity/new')

/** A new record; once saved the back button leads to where it was begun from, not to an empty form. */
export function NewRecordRoute() {
  const { entity } = route.useParams()
  const { form, from, begin, of } = route.useSearch()
  const navigate = useNavigate()
  const router = useRouter()
  const canGoBack = useCanGoBack()
  return (
    <NewRecordPage
      key={`${entity}/${from ?? of ?? ''}`}
      entity={entity}
      form={form}
      from={from}
      begin={begin && of ? { name: begin, of } : undefined}
      onSaved={(record) =>
        navigate({
          to: '/e/$entity/r/$id',
          params: { entity: record.entity, id: record.id },
          replace: true,
        })
      }
      onBack={() => (canGoBack ? router.history.back() : void navigate({ to: '/' }))}
    />
  )
}
