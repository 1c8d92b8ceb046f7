import {
  AppstoreOutlined,
  BellOutlined,
  CheckSquareOutlined,
  UserOutlined,
} from '@ant-design/icons'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { Link, useLocation } from '@tanstack/react-router'
import { Badge, Drawer } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type MenuItem, menuQueries } from '@/api/menu'
import { notificationQueries } from '@/api/notifications'
import { sessionQueries } from '@/api/session'
import { taskQueries } from '@/api/tasks'
import { titleOf } from '@/lib/texts'
import { adminPagesFor, iconOf, targetOf } from './menu-model'

/** The bar at the bottom of a phone: to-do, menu, me. */
export function PhoneTabs() {
  const { t } = useTranslation()
  const [open, setOpen] = useState(false)
  const { data: counts } = useQuery(taskQueries.counts())
  const { data: unread } = useQuery(notificationQueries.unread())
  const path = useLocation({ select: (location) => location.pathname })
  const active = (yes: boolean) => (yes ? 'fw-tab-active' : '')
  const atHome = path === '/' || path.startsWith('/tasks/')
  return (
    <>
      <nav className="fw-tabs" aria-label={t('shell.menu')}>
        <Link
          to="/"
          className={active(atHome)}
          aria-label={t('shell.toDoCount', { count: counts?.open ?? 0 })}
        >
          <Badge count={counts?.open ?? 0} size="small" color="#a85b00">
            <CheckSquareOutlined />
          </Badge>
          <span>{t('shell.toDo')}</span>
        </Link>
        <button
          type="button"
          className={active(!atHome && path !== '/account' && path !== '/messages')}
          aria-expanded={open}
          onClick={() => setOpen(true)}
        >
          <AppstoreOutlined />
          <span>{t('shell.menuShort')}</span>
        </button>
        <Link
          to="/messages"
          className={active(path === '/messages')}
          aria-label={t('shell.messagesCount', { count: unread })}
        >
          <Badge count={unread} size="small" color="#a85b00">
            <BellOutlined />
          </Badge>
          <span>{t('shell.messages')}</span>
        </Link>
        <Link to="/account" className={active(path === '/account')}>
          <UserOutlined />
          <span>{t('shell.me')}</span>
        </Link>
      </nav>
      <Drawer
        open={open}
        onClose={() => setOpen(false)}
        placement="bottom"
        size="75%"
        title={t('shell.menu')}
        destroyOnHidden
      >
        <PhoneMenu onGo={() => setOpen(false)} />
      </Drawer>
    </>
  )
}

function PhoneMenu({ onGo }: { onGo: () => void }) {
  const { t } = useTranslation()
  const { data: session } = useSuspenseQuery(sessionQueries.current())
  const { data: menu } = useSuspenseQuery(menuQueries.all())
  const { data: flows } = useSuspenseQuery(menuQueries.flows())
  const pages = adminPagesFor({ admin: session.admin, flows })
  return (
    <>
      <ul className="fw-phone-menu">
        {menu.map((item) => (
          <PhoneMenuItem key={item.name} item={item} onGo={onGo} />
        ))}
      </ul>
      {pages.length > 0 && (
        <ul className="fw-phone-menu">
          <li>
            <h3>{t('shell.admin')}</h3>
          </li>
          {pages.map((page) => (
            <li key={page.to}>
              <Link to={page.to} onClick={onGo}>
                {page.icon}
                {t(`shell.${page.key}`)}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

function PhoneMenuItem({ item, onGo }: { item: MenuItem; onGo: () => void }) {
  const to = targetOf(item)
  if (item.items) {
    return (
      <li>
        <h3>{titleOf(item)}</h3>
        <ul className="fw-phone-menu">
          {item.items.map((inner) => (
            <PhoneMenuItem key={inner.name} item={inner} onGo={onGo} />
          ))}
        </ul>
      </li>
    )
  }
  if (!to) return null
  return (
    <li>
      <Link to={to} onClick={onGo}>
        {iconOf(item)}
        {titleOf(item)}
      </Link>
    </li>
  )
}
