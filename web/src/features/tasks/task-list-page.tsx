import './tasks.css'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Badge, Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type TaskCounts, type TaskSearch, taskQueries } from '@/api/tasks'
import { type TaskTab, taskTabs } from '@/lib/task-tab'
import { Waiting } from '@/ui/boundary'
import { Failed } from '@/ui/failed'
import { Nothing } from '@/ui/nothing'
import { Page } from '@/ui/page'
import { TabBar } from '@/ui/tab-bar'
import { BatchBar } from './batch-bar'
import { TaskCard } from './task-card'
import { TaskFilters } from './task-filters'

interface TaskListPageProps {
  tab: TaskTab
  search: TaskSearch
  onTab: (tab: TaskTab) => void
  onSearch: (search: TaskSearch) => void
}

/** The to-do centre: what waits for the person, what he was told, started and decided. */
export function TaskListPage({ tab, search, onTab, onSearch }: TaskListPageProps) {
  const { t } = useTranslation()
  const { data: counts } = useQuery(taskQueries.counts())
  const shown = taskTabs.filter(
    (each) =>
      each === tab ||
      (each === 'handle' ? countOf(counts, each) > 0 : each !== 'proxied') ||
      (each === 'proxied' && countOf(counts, each) > 0),
  )
  return (
    <Page title={t('tasks.title')}>
      <TabBar
        label={t('tasks.title')}
        selected={tab}
        onSelect={onTab}
        tabs={shown.map((each) => ({
          key: each,
          label: <TabLabel text={t(`tasks.tab.${each}`)} count={countOf(counts, each)} />,
        }))}
      >
        <TaskTabContent key={tab} tab={tab} search={search} onSearch={onSearch} />
      </TabBar>
    </Page>
  )
}

/** The number beside a tab: what waits there, or was not read yet. */
function countOf(counts: TaskCounts | undefined, tab: TaskTab): number {
  if (tab === 'started' || tab === 'handled') return 0
  return counts?.[tab] ?? 0
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

/** Tabs whose tasks can be decided, or marked as read, together. */
const batched: ReadonlySet<TaskTab> = new Set(['open', 'cc', 'proxied'])

interface TaskTabContentProps {
  tab: TaskTab
  search: TaskSearch
  onSearch: (search: TaskSearch) => void
}

function TaskTabContent({ tab, search, onSearch }: TaskTabContentProps) {
  const { t } = useTranslation()
  const [ticked, setTicked] = useState<readonly string[] | undefined>()
  const tasks = useInfiniteQuery({
    ...taskQueries.list(tab, search),
    placeholderData: keepPreviousData,
  })
  const found = tasks.data?.pages.flatMap((page) => page.tasks) ?? []
  // What has left the list, decided here or elsewhere, is no longer chosen.
  const chosen = ticked?.filter((id) => found.some((task) => task.id === id))
  const { sort: _sort, ...conditions } = search
  const searched = Object.keys(conditions).length > 0
  const toggle = (id: string) =>
    setTicked((old = []) => (old.includes(id) ? old.filter((one) => one !== id) : [...old, id]))
  return (
    <>
      <TaskFilters
        tab={tab}
        search={search}
        onSearch={onSearch}
        initiators={found.map((task) => task.initiator)}
        {...(batched.has(tab) && found.length > 0
          ? { onSelect: () => setTicked((old) => (old ? undefined : [])) }
          : {})}
        selecting={chosen !== undefined}
      />
      {tasks.isPending && <Waiting />}
      {tasks.error && <Failed error={tasks.error} onRetry={() => void tasks.refetch()} />}
      {tasks.data && found.length === 0 && (
        <Nothing text={searched ? t('common.nothingFound') : t(`tasks.none.${tab}`)}>
          {searched && <Button onClick={() => onSearch({})}>{t('common.clearSearch')}</Button>}
        </Nothing>
      )}
      <ul className="fw-task-list" aria-label={t(`tasks.tab.${tab}`)}>
        {found.map((task) => (
          <li key={task.id}>
            <TaskCard
              task={task}
              tab={tab}
              {...(chosen
                ? { chosen: chosen.includes(task.id), onChoose: () => toggle(task.id) }
                : {})}
            />
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
      {chosen && (
        <BatchBar
          tab={tab}
          tasks={found}
          chosen={chosen}
          onChoose={setTicked}
          onEnd={() => setTicked(undefined)}
        />
      )}
    </>
  )
}
