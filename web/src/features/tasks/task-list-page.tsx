import './tasks.css'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Badge, Button, Input } from 'antd'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { taskQueries } from '@/api/tasks'
import { type TaskTab, taskTabs } from '@/lib/task-tab'
import { Waiting } from '@/ui/boundary'
import { Failed } from '@/ui/failed'
import { Nothing } from '@/ui/nothing'
import { Page } from '@/ui/page'
import { TabBar } from '@/ui/tab-bar'
import { useDebounced } from '@/ui/use-debounced'
import { TaskCard } from './task-card'

interface TaskListPageProps {
  tab: TaskTab
  q: string
  onTab: (tab: TaskTab) => void
  onSearch: (q: string) => void
}

/** The to-do centre: what waits for the person, what he was told, started and decided. */
export function TaskListPage({ tab, q, onTab, onSearch }: TaskListPageProps) {
  const { t } = useTranslation()
  const { data: counts } = useQuery(taskQueries.counts())
  const countOf = (each: TaskTab) =>
    each === 'open' ? counts?.open : each === 'cc' ? counts?.cc : undefined
  return (
    <Page title={t('tasks.title')}>
      <TabBar
        label={t('tasks.title')}
        selected={tab}
        onSelect={onTab}
        tabs={taskTabs.map((each) => ({
          key: each,
          label: <TabLabel text={t(`tasks.tab.${each}`)} count={countOf(each) ?? 0} />,
        }))}
      >
        <TaskTabContent key={tab} tab={tab} q={q} onSearch={onSearch} />
      </TabBar>
    </Page>
  )
}

function TabLabel({ text, count }: { text: string; count: number }) {
  return (
    <>
      {text}
      {count > 0 && (
        <Badge count={count} size="small" color="#a85b00" style={{ marginInlineStart: 6 }} />
      )}
    </>
  )
}

function TaskTabContent({
  tab,
  q,
  onSearch,
}: {
  tab: TaskTab
  q: string
  onSearch: (q: string) => void
}) {
  const { t } = useTranslation()
  const [typed, setTyped] = useState(q)
  const settled = useDebounced(typed, 300)
  useEffect(() => {
    if (settled !== q) onSearch(settled)
  }, [settled, q, onSearch])
  const tasks = useInfiniteQuery({ ...taskQueries.list(tab, q), placeholderData: keepPreviousData })
  const found = tasks.data?.pages.flatMap((page) => page.tasks) ?? []
  return (
    <>
      <Input.Search
        allowClear
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        placeholder={t('tasks.search')}
        aria-label={t('tasks.search')}
        style={{ maxWidth: 360, marginBottom: 12 }}
      />
      {tasks.isPending && <Waiting />}
      {tasks.error && <Failed error={tasks.error} onRetry={() => void tasks.refetch()} />}
      {tasks.data && found.length === 0 && (
        <Nothing text={q === '' ? t(`tasks.none.${tab}`) : t('common.nothingFound')}>
          {q !== '' && <Button onClick={() => setTyped('')}>{t('common.clearSearch')}</Button>}
        </Nothing>
      )}
      <ul className="fw-task-list" aria-label={t(`tasks.tab.${tab}`)}>
        {found.map((task) => (
          <li key={task.id}>
            <TaskCard task={task} tab={tab} />
          </li>
        ))}
      </ul>
      {tasks.hasNextPage && (
        <Button
          block
          onClick={() => void tasks.fetchNextPage()}
          loading={tasks.isFetchingNextPage}
          style={{ marginTop: 12 }}
        >
          {t('common.more')}
        </Button>
      )}
    </>
  )
}
