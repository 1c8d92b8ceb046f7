import { getRouteApi } from '@tanstack/react-router'
import { useCallback } from 'react'
import { DatasetPage } from '@/features/reports/dataset-page'
import type { ReportState } from '@/features/reports/state'

const route = getRouteApi('/shell/q/$dataset')

/** The table of a dataset; its params and order are in the URL. */
export function DatasetRoute() {
  const { dataset } = route.useParams()
  const state = route.useSearch()
  const navigate = route.useNavigate()
  const onState = useCallback(
    (next: ReportState) => void navigate({ search: next, replace: true }),
    [navigate],
  )
  return <DatasetPage key={dataset} name={dataset} state={state} onState={onState} />
}
