import { useNavigate } from '@tanstack/react-router'
import { FlowsPage } from '@/features/flows/flows-page'

/** The flows somebody administers. */
export function FlowsRoute() {
  const navigate = useNavigate()
  return <FlowsPage onOpen={(name) => void navigate({ to: '/flows/$name', params: { name } })} />
}
