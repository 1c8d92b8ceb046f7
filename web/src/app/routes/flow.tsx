import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { DraftPanel } from '@/features/definitions/draft-panel'
import { FlowPage } from '@/features/flows/flow-page'
import { Boundary } from '@/ui/boundary'

const route = getRouteApi('/shell/flows/$name')

/** One flow, for its administrators, with the draft of the company above it. */
export function FlowRoute() {
  const { name } = route.useParams()
  const navigate = useNavigate()
  return (
    <FlowPage
      key={name}
      name={name}
      onBack={() => void navigate({ to: '/flows' })}
      draft={
        <Boundary>
          <DraftPanel />
        </Boundary>
      }
    />
  )
}
