import './records.css'
import { PlusOutlined } from '@ant-design/icons'
import { keepPreviousData, useInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Alert, Button, Input } from 'antd'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { bundleQueries, type View } from '@/api/bundle'
import { recordQueries } from '@/api/records'
import { grouped } from '@/lib/decimal'
import { titleOf } from '@/lib/texts'
import { Waiting } from '@/ui/boundary'
import { Failed } from '@/ui/failed'
import { Nothing } from '@/ui/nothing'
import { Page } from '@/ui/page'
import { useDebounced } from '@/ui/use-debounced'
import { usePhone } from '@/ui/use-phone'
import { QuickFilterBar } from './quick-filter-bar'
import { filterOf, readFilters, writeFilters } from './quick-filters'
import { RecordCards } from './record-cards'
import { RecordTable } from './record-table'
import { pathTitle } from './record-text'

/** What of a list is in the URL. */
export interface ListState {
  q?: string
  f?: string
  sort?: string
}

interface RecordListPageProps {
  entity: string
  viewName: string
  state: ListState
  onState: (state: ListState) => void
}

/** The records of an entity as a view shows them. */
export function RecordListPage({ entity, viewName, state, onState }: RecordListPageProps) {
  const { t } = useTranslation()
  const phone = usePhone()
  const { data: bundle } = useSuspenseQuery(bundleQueries.of(entity, { phone }))
  const view: View = bundle.views[viewName] ?? {
    name: viewName,
    title: bundle.entity.title,
    entity,
    columns: (bundle.entity['x-summary'] ?? Object.keys(bundle.entity.properties).slice(0, 6)).map(
      (field) => ({ field }),
    ),
  }
  const [typed, setTyped] = useState(state.q ?? '')
  const settled = useDebounced(typed, 300)
  useEffect(() => {
    if (settled !== (state.q ?? '')) onState(withSet(state, 'q', settled))
  }, [settled, state, onState])

  const filters = readFilters(state.f)
  const filter = filterOf(filters)
  const records = useInfiniteQuery({
    ...recordQueries.list(entity, {
      ...(bundle.views[viewName] ? { view: viewName } : {}),
      ...(filter ? { filter } : {}),
      ...(state.q ? { q: state.q } : {}),
      ...(state.sort ? { sort: state.sort } : {}),
      limit: phone ? 20 : 50,
    }),
    placeholderData: keepPreviousData,
  })
  const first = records.data?.pages[0]
  const found = records.data?.pages.flatMap((page) => page.records) ?? []
  const searched = Boolean(state.q || state.f)
  const mayCreate =
    bundle.rights.actions.includes('create') && (view.actions?.includes('create') ?? true)
  const create = mayCreate && (
    <Link to="/e/$entity/new" params={{ entity }} search={view.form ? { form: view.form } : {}}>
      <Button type="primary" icon={<PlusOutlined />} tabIndex={-1}>
        {t('list.create')}
      </Button>
    </Link>
  )
  return (
    <Page title={titleOf(view)} note={first?.count && <Count {...first.count} />} actions={create}>
      <div className="fw-list-tools">
        <Input.Search
          allowClear
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          placeholder={t('list.search')}
          aria-label={t('list.search')}
          style={{ width: phone ? '100%' : 240 }}
        />
        <QuickFilterBar
          bundle={bundle}
          paths={view.filters ?? []}
          filters={filters}
          onChange={(next) => onState(withSet(state, 'f', writeFilters(next)))}
        />
      </div>
      {first?.narrowed?.length ? (
        <Alert
          type="info"
          showIcon
          title={t('list.narrowed', {
            fields: first.narrowed.map((path) => pathTitle(bundle, path)).join('、'),
          })}
          style={{ marginBottom: 12 }}
        />
      ) : null}
      {records.isPending && <Waiting />}
      {records.error && <Failed error={records.error} onRetry={() => void records.refetch()} />}
      {records.data && found.length === 0 && (
        <div className="fw-card">
          <Nothing text={t(searched ? 'common.nothingFound' : 'list.none')}>
            {searched ? (
              <Button
                onClick={() => {
                  setTyped('')
                  onState({})
                }}
              >
                {t('common.clearSearch')}
              </Button>
            ) : (
              create
            )}
          </Nothing>
        </div>
      )}
      {found.length > 0 &&
        (phone ? (
          <RecordCards bundle={bundle} records={found} />
        ) : (
          <RecordTable
            bundle={bundle}
            view={view}
            records={found}
            totals={first?.totals}
            sort={state.sort}
            onSort={(sort) => onState(withSet(state, 'sort', sort))}
          />
        ))}
      {records.hasNextPage && (
        <Button
          block
          onClick={() => void records.fetchNextPage()}
          loading={records.isFetchingNextPage}
          style={{ marginTop: 12 }}
        >
          {t('common.more')}
        </Button>
      )}
    </Page>
  )
}

function withSet(state: ListState, key: keyof ListState, value: string | undefined): ListState {
  const { [key]: _, ...rest } = state
  return value ? { ...rest, [key]: value } : rest
}

function Count({ n, more }: { n: number; more: boolean }) {
  const { t } = useTranslation()
  return (
    <span className="fw-quiet">
      {t('list.count', { count: n, n: `${grouped(String(n))}${more ? '+' : ''}` })}
    </span>
  )
}
