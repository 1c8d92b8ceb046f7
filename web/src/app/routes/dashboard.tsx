import { getRouteApi } from '@tanstack/react-router'
import { useCallback } from 'react'
import { DashboardPage } from '@/features/reports/dashboard-page'
import type { ReportState } from '@/features/reports/state'

const route = getRouteApi('/shell/d/$dashboard')

/** A dashboard whose params are in the URL. */
export function DashboardRoute() {
  const { dashboard } = route.useParams()
  const state = route.useSearch()
  const navigate = route.useNavigate()
  const onState = useCallback(
    (next: ReportState) => void navigate({ search: next, replace: true }),
    [navigate],
  )
  return <DashboardPage key={dashboard} name={dashboard} state={state} onState={onState} />
}
