import './app.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { App as AntApp, ConfigProvider } from 'antd'
import { use, useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { languageFor } from '@/lib/i18n'
import { usePhone } from '@/ui/use-phone'
import { antLocale } from './ant-locale'
import { queryClient } from './query-client'
import { fetchUsualPages, router } from './router'
import { SessionDialog } from './session-dialog'
import { themeFor } from './theme'
import { useFocusKept } from './use-focus-kept'

/** What was asked for comes first; in milliseconds. */
const usualPagesAfter = 3_000

/** Everything: theme, language, server state and the routes. */
export function App() {
  const { i18n } = useTranslation()
  const phone = usePhone()
  useFocusKept()
  useEffect(() => {
    const timer = setTimeout(() => void fetchUsualPages(), usualPagesAfter)
    return () => clearTimeout(timer)
  }, [])
  const locale = use(antLocale(languageFor(i18n.language)))
  return (
    <ConfigProvider
      theme={themeFor(phone)}
      locale={locale}
      componentSize={phone ? 'large' : 'middle'}
      button={{ autoInsertSpace: false }}
    >
      <AntApp message={{ maxCount: 3 }}>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
          <SessionDialog />
        </QueryClientProvider>
      </AntApp>
    </ConfigProvider>
  )
}
