import { useNavigate } from '@tanstack/react-router'
import { InboxPage } from '@/features/notifications/inbox-page'

/** What the person was told in the app. */
export function InboxRoute() {
  const navigate = useNavigate()
  return (
    <InboxPage
      onOpen={(entity, id) => void navigate({ to: '/e/$entity/r/$id', params: { entity, id } })}
      onOpenTask={(id) => void navigate({ to: '/tasks/$id', params: { id } })}
    />
  )
}
