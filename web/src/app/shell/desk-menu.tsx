import { CheckSquareOutlined } from '@ant-design/icons'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { Link, useLocation } from '@tanstack/react-router'
import { Badge, Menu } from 'antd'
import type { ItemType } from 'antd/es/menu/interface'
import { useTranslation } from 'react-i18next'
import { type MenuItem, menuQueries } from '@/api/menu'
import { sessionQueries } from '@/api/session'
import { taskQueries } from '@/api/tasks'
import { titleOf } from '@/lib/texts'
import { adminPagesFor, iconOf, targetOf } from './menu-model'

function entry(item: MenuItem): ItemType {
  const title = titleOf(item)
  if (item.items) {
    return {
      key: `group:${item.name}`,
      icon: iconOf(item),
      label: title,
      children: item.items.map(entry),
    }
  }
  const to = targetOf(item)
  return {
    key: to ?? item.name,
    icon: iconOf(item),
    label: to ? <Link to={to}>{title}</Link> : title,
    disabled: !to,
  }
}

function groupKeys(items: readonly MenuItem[]): string[] {
  return items.flatMap((item) =>
    item.items ? [`group:${item.name}`, ...groupKeys(item.items)] : [],
  )
}

/** The entry a page belongs to. */
function entryOf(path: string): string {
  if (path.startsWith('/tasks/')) return '/'
  return ['/definitions', '/flows'].find((entry) => path.startsWith(entry)) ?? path
}

/** The menu at the left: the to-do centre, what the company's definitions offer, and the administrator's pages. */
export function DeskMenu({ collapsed }: { collapsed: boolean }) {
  const { t } = useTranslation()
  const { data: session } = useSuspenseQuery(sessionQueries.current())
  const { data: menu } = useSuspenseQuery(menuQueries.all())
  const { data: flows } = useSuspenseQuery(menuQueries.flows())
  const pages = adminPagesFor({ admin: session.admin, flows })
  const { data: counts } = useQuery(taskQueries.counts())
  const path = useLocation({ select: (location) => location.pathname })
  const open = counts?.open ?? 0
  const items: ItemType[] = [
    {
      key: '/',
      icon: <CheckSquareOutlined />,
      label: (
        <Link to="/" className="fw-menu-label" aria-label={t('shell.toDoCount', { count: open })}>
          {t('shell.toDo')}
          {open > 0 && <Badge count={open} size="small" color="#a85b00" />}
        </Link>
      ),
    },
    ...menu.map(entry),
  ]
  if (pages.length > 0) {
    items.push({
      key: 'group:admin',
      type: 'group',
      label: collapsed ? null : t('shell.admin'),
      children: pages.map((page) => ({
        key: page.to,
        icon: page.icon,
        label: <Link to={page.to}>{t(`shell.${page.key}`)}</Link>,
      })),
    })
  }
  return (
    <Menu
      theme="dark"
      mode="inline"
      items={items}
      selectedKeys={[entryOf(path)]}
      {...(collapsed ? {} : { defaultOpenKeys: groupKeys(menu) })}
    />
  )
}
