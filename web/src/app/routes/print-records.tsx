import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, useCanGoBack, useNavigate, useRouter } from '@tanstack/react-router'
import { useMemo } from 'react'
import { bundleQueries } from '@/api/bundle'
import { PrintPage } from '@/features/prints/print-page'
import { usePhone } from '@/ui/use-phone'

const route = getRouteApi('/paper/print/e/$entity/$print')

/** Records on paper; which ones is in the URL. */
export function PrintRecordsRoute() {
  const { entity, print } = route.useParams()
  // With a task it is printed by somebody who takes part in the flow, perhaps without any grant.
  const { ids, task } = route.useSearch()
  const { data: bundle } = useSuspenseQuery(bundleQueries.of(entity, { task, phone: usePhone() }))
  const navigate = useNavigate()
  const router = useRouter()
  const canGoBack = useCanGoBack()
  const of = useMemo(() => ({ entity, records: ids.split(',') }), [entity, ids])
  return (
    <PrintPage
      key={`${entity}/${print}/${ids}`}
      of={of}
      print={print}
      choices={bundle.prints}
      onChoose={(next) =>
        void navigate({
          to: '/print/e/$entity/$print',
          params: { entity, print: next },
          search: { ids, ...(task !== undefined && { task }) },
          replace: true,
        })
      }
      onBack={() => (canGoBack ? router.history.back() : void navigate({ to: '/' }))}
    />
  )
}
