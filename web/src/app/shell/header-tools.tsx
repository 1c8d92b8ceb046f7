import { BellOutlined, DownOutlined, GlobalOutlined, SwapOutlined } from '@ant-design/icons'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Badge, Button, Dropdown } from 'antd'
import { useTranslation } from 'react-i18next'
import { notificationQueries } from '@/api/notifications'
import { sessionQueries } from '@/api/session'
import { languages } from '@/lib/i18n'
import { languageNames } from '@/lib/language-names'
import { Initials } from '@/ui/initials'
import { useSessionCommands } from '../use-session-commands'

/** What stands at the right of the header: company, language, and the person's own menu. */
export function HeaderTools() {
  const { t, i18n } = useTranslation()
  const navigate = useNavigate()
  const { data: session } = useSuspenseQuery(sessionQueries.current())
  const commands = useSessionCommands()
  return (
    <div className="fw-tools">
      <Bell />
      {session.tenants.length > 1 && (
        <Dropdown
          trigger={['click']}
          autoFocus
          menu={{
            selectable: true,
            selectedKeys: [session.tenant.name],
            items: session.tenants.map((tenant) => ({ key: tenant.name, label: tenant.title })),
            onClick: ({ key }) => commands.switchTo(key),
          }}
        >
          <Button type="text" icon={<SwapOutlined />} aria-label={t('shell.company')}>
            {session.tenant.title}
          </Button>
        </Dropdown>
      )}
      <Dropdown
        trigger={['click']}
        autoFocus
        menu={{
          selectable: true,
          selectedKeys: [i18n.language],
          items: languages.map((lang) => ({
            key: lang,
            label: <span lang={lang}>{languageNames[lang]}</span>,
          })),
          onClick: ({ key }) => commands.speak(key),
        }}
      >
        <Button type="text" icon={<GlobalOutlined />} aria-label={t('shell.language')} />
      </Dropdown>
      <Dropdown
        trigger={['click']}
        autoFocus
        menu={{
          items: [
            { key: 'account', label: t('shell.account') },
            { key: 'signOut', label: t('shell.signOut') },
          ],
          onClick: ({ key }) =>
            key === 'account' ? void navigate({ to: '/account' }) : commands.leave(),
        }}
      >
        <Button type="text" style={{ height: 40 }}>
          <Initials name={session.user.name} />
          {session.user.name}
          <DownOutlined style={{ fontSize: 10 }} />
        </Button>
      </Dropdown>
    </div>
  )
}

/** The way to what the person was told; the number is what he has not looked at. */
function Bell() {
  const { t } = useTranslation()
  const { data: unread } = useQuery(notificationQueries.unread())
  return (
    <Link
      to="/messages"
      className="fw-bell"
      aria-label={t('shell.messagesCount', { count: unread })}
    >
      <Badge count={unread} size="small" color="#a85b00" offset={[-2, 4]}>
        <BellOutlined />
      </Badge>
    </Link>
  )
}
