import './shell.css'
import { MenuFoldOutlined, MenuUnfoldOutlined } from '@ant-design/icons'
import { useSuspenseQuery } from '@tanstack/react-query'
import { Outlet } from '@tanstack/react-router'
import { Button, Layout } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { sessionQueries } from '@/api/session'
import { Boundary } from '@/ui/boundary'
import { useMoving } from '@/ui/use-moving'
import { usePhone } from '@/ui/use-phone'
import { Banners } from './banners'
import { DeskMenu } from './desk-menu'
import { HeaderTools } from './header-tools'
import { PhoneTabs } from './phone-tabs'
import { useLiveChanges } from './use-live-changes'

/** The frame around every page of a signed-in person: a menu at the left on a desk, tabs at the bottom on a phone. */
export function AppShell() {
  useLiveChanges()
  return usePhone() ? <PhoneShell /> : <DeskShell />
}

function Main() {
  const moving = useMoving()
  return (
    <main id="main" tabIndex={-1} className="fw-main" aria-busy={moving}>
      {moving && <Moving />}
      <Boundary>
        <Outlet />
      </Boundary>
    </main>
  )
}

/** A line at the top while the next page is on its way; where the line is quick it is never seen. */
function Moving() {
  const { t } = useTranslation()
  return <div className="fw-moving" role="progressbar" aria-label={t('shell.moving')} />
}

function DeskShell() {
  const { t } = useTranslation()
  const { data: session } = useSuspenseQuery(sessionQueries.current())
  const [collapsed, setCollapsed] = useState(false)
  return (
    <Layout className="fw-shell">
      <a className="fw-skip" href="#main">
        {t('shell.skip')}
      </a>
      <Layout.Sider width={216} collapsedWidth={56} collapsed={collapsed} className="fw-sider">
        <div className="fw-brand" title={session.tenant.title}>
          <span className="fw-brand-mark" aria-hidden="true">
            F
          </span>
          {!collapsed && <span className="fw-brand-name">{session.tenant.title}</span>}
        </div>
        <nav aria-label={t('shell.menu')}>
          <DeskMenu collapsed={collapsed} />
        </nav>
      </Layout.Sider>
      <Layout>
        <Layout.Header className="fw-header">
          <Button
            type="text"
            icon={collapsed ? <MenuUnfoldOutlined /> : <MenuFoldOutlined />}
            aria-label={t(collapsed ? 'shell.expand' : 'shell.collapse')}
            aria-expanded={!collapsed}
            onClick={() => setCollapsed(!collapsed)}
          />
          <HeaderTools />
        </Layout.Header>
        <Banners />
        <Main />
      </Layout>
    </Layout>
  )
}

function PhoneShell() {
  return (
    <div className="fw-phone">
      <Banners />
      <Main />
      <PhoneTabs />
    </div>
  )
}
