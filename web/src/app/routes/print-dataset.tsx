import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, useCanGoBack, useNavigate, useRouter } from '@tanstack/react-router'
import { useMemo } from 'react'
import { printQueries } from '@/api/prints'
import { reportQueries } from '@/api/reports'
import { PrintPage } from '@/features/prints/print-page'
import { readParams } from '@/features/reports/params'

const route = getRouteApi('/paper/print/q/$dataset/$print')

/** A dataset on paper; its params are in the URL. */
export function PrintDatasetRoute() {
  const { dataset, print } = route.useParams()
  const { p } = route.useSearch()
  const { data: info } = useSuspenseQuery(reportQueries.dataset(dataset))
  const { data: choices } = useSuspenseQuery(printQueries.ofDataset(dataset))
  const navigate = useNavigate()
  const router = useRouter()
  const canGoBack = useCanGoBack()
  const of = useMemo(
    () => ({ dataset, params: readParams(p, info.params) }),
    [dataset, p, info.params],
  )
  return (
    <PrintPage
      key={`${dataset}/${print}/${p ?? ''}`}
      of={of}
      print={print}
      choices={choices}
      onChoose={(next) =>
        void navigate({
          to: '/print/q/$dataset/$print',
          params: { dataset, print: next },
          search: p ? { p } : {},
          replace: true,
        })
      }
      onBack={() => (canGoBack ? router.history.back() : void navigate({ to: '/' }))}
    />
  )
}
