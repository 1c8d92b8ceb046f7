import { AccountPage } from '@/features/account/account-page'
import { NotifySettings } from '@/features/notifications/notify-settings'
import { Proxies } from '@/features/proxies/proxies'
import { useSessionCommands } from '../use-session-commands'

/** The person's own page. */
export function AccountRoute() {
  const commands = useSessionCommands()
  return (
    <AccountPage
      onLanguage={commands.speak}
      onTenant={commands.switchTo}
      onLeave={commands.leave}
      messages={<NotifySettings />}
      proxies={<Proxies />}
    />
  )
}
