import './records.css'
import { PlusOutlined } from '@ant-design/icons'
import { keepPreviousData, useInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Alert, Button, Input } from 'antd'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Bundle, bundleQueries } from '@/api/bundle'
import type { View } from '@/api/definitions.gen'
import { type RecordSearch, recordQueries } from '@/api/records'
import type { ExportOrder } from '@/api/sheets'
import { grouped } from '@/lib/decimal'
import { titleOf } from '@/lib/texts'
import { Waiting } from '@/ui/boundary'
import { Failed } from '@/ui/failed'
import { Nothing } from '@/ui/nothing'
import { Page } from '@/ui/page'
import { PrintMenu } from '@/ui/print-menu'
import { useDebounced } from '@/ui/use-debounced'
import { usePhone } from '@/ui/use-phone'
import { QuickFilterBar } from './quick-filter-bar'
import { both, filterOf, readFilters, readWhere, writeFilters } from './quick-filters'
import { RecordCards } from './record-cards'
import { RecordTable } from './record-table'
import { pathTitle } from './record-text'
import { SheetButtons } from './sheet-buttons'

/** What of a list is in the URL. */
export interface ListState {
  q?: string
  f?: string
  sort?: string
  /** A filter as JSON, from a report. */
  where?: string
}

interface RecordListPageProps {
  entity: string
  viewName: string
  state: ListState
  onState: (state: ListState) => void
}

/** The records of an entity as a view shows them. */
export function RecordListPage({ entity, viewName, state, onState }: RecordListPageProps) {
  const phone = usePhone()
  const { data: bundle } = useSuspenseQuery(bundleQueries.of(entity, { phone }))
  const { view, sent } = shownView(bundle, viewName, state.where !== undefined)
  const filter = both(filterOf(readFilters(state.f)), readWhere(state.where))
  const search: RecordSearch = {
    ...(sent ? { view: viewName } : {}),
    ...(filter ? { filter } : {}),
    ...(state.q ? { q: state.q } : {}),
    ...(state.sort ? { sort: state.sort } : {}),
    limit: phone ? 20 : 50,
  }
  const records = useInfiniteQuery({
    ...recordQueries.list(entity, search),
    placeholderData: keepPreviousData,
  })
  const first = records.data?.pages[0]
  const [chosen, setChosen] = useState<string[]>([])
  const printing = !phone && printsOf(bundle, view).length > 0
  return (
    <Page
      title={titleOf(view)}
      note={first?.count && <Count {...first.count} />}
      actions={
        <>
          {printing && <PrintChosen bundle={bundle} view={view} chosen={chosen} />}
          <SheetButtons bundle={bundle} view={view} order={exportOrder(search)} />
          <CreateLink bundle={bundle} view={view} />
        </>
      }
    >
      <ListTools bundle={bundle} view={view} state={state} onState={onState} />
      {state.where && <FromReport onClear={() => onState(withSet(state, 'where', undefined))} />}
      {first?.narrowed?.length ? <Narrowed bundle={bundle} paths={first.narrowed} /> : null}
      {records.isPending && <Waiting />}
      {records.error && <Failed error={records.error} onRetry={() => void records.refetch()} />}
      {records.data && (
        <Found
          bundle={bundle}
          view={view}
          state={state}
          onState={onState}
          pages={records.data.pages}
          {...(printing ? { chosen, onChosen: setChosen } : {})}
        />
      )}
      {records.hasNextPage && (
        <Button
          block
          onClick={() => void records.fetchNextPage()}
          loading={records.isFetchingNextPage}
          style={{ marginTop: 12 }}
        >
          <MoreText />
        </Button>
      )}
    </Page>
  )
}

/** The prints a list offers. */
function printsOf(bundle: Bundle, view: View) {
  return view.actions?.includes('print') ? bundle.prints : []
}

/** The most records that are printed at once. */
const maxPrinted = 200

function PrintChosen(props: { bundle: Bundle; view: View; chosen: readonly string[] }) {
  const { bundle, view, chosen } = props
  const navigate = useNavigate()
  return (
    <PrintMenu
      prints={printsOf(bundle, view)}
      disabled={chosen.length === 0 || chosen.length > maxPrinted}
      count={chosen.length}
      onChoose={(print) =>
        void navigate({
          to: '/print/e/$entity/$print',
          params: { entity: bundle.entity.name, print },
          search: { ids: chosen.join(',') },
        })
      }
    />
  )
}

/** The same list without its pages. */
function exportOrder({ limit: _, ...order }: RecordSearch): ExportOrder {
  return order
}

function MoreText() {
  return useTranslation().t('common.more')
}

/**
 * The view to show, and whether the server is told its name: it then applies the view's filter. To records from a report
 * it must not, or others would be shown than those counted; what only the server adds to a view is left out then.
 */
function shownView(bundle: Bundle, name: string, fromReport: boolean) {
  const named = bundle.views[name]
  if (!named) return { view: generatedView(bundle, name), sent: false }
  if (!fromReport || !named.where) return { view: named, sent: true }
  const own = named.columns.filter((column) => !column.field.includes('.'))
  return { view: { ...named, columns: own }, sent: false }
}

function generatedView({ entity }: Bundle, name: string): View {
  const fields = entity['x-summary'] ?? Object.keys(entity.properties).slice(0, 6)
  return {
    name,
    title: titleOf(entity),
    entity: entity.name,
    columns: fields.map((field) => ({ field })),
  }
}

function withSet(state: ListState, key: keyof ListState, value: string | undefined): ListState {
  const { [key]: _, ...rest } = state
  return value ? { ...rest, [key]: value } : rest
}

function CreateLink({ bundle, view }: { bundle: Bundle; view: View }) {
  const { t } = useTranslation()
  const offered = view.actions?.includes('create') ?? true
  if (!offered || !bundle.rights.actions.includes('create')) return null
  return (
    <Link
      to="/e/$entity/new"
      params={{ entity: bundle.entity.name }}
      search={view.form ? { form: view.form } : {}}
      className="fw-button-link"
    >
      <PlusOutlined /> {t('list.create')}
    </Link>
  )
}

interface ListPartProps {
  bundle: Bundle
  view: View
  state: ListState
  onState: (state: ListState) => void
}

function ListTools({ bundle, view, state, onState }: ListPartProps) {
  const { t } = useTranslation()
  const phone = usePhone()
  const q = state.q ?? ''
  const [typed, setTyped] = useState(q)
  const [known, setKnown] = useState(q)
  // The search may be changed from outside: by going back, or by the button that clears everything.
  if (q !== known) {
    setKnown(q)
    setTyped(q)
  }
  const settled = useDebounced(typed, 300)
  useEffect(() => {
    if (settled === typed && settled !== q) onState(withSet(state, 'q', settled))
  }, [settled, typed, q, state, onState])
  return (
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
        filters={readFilters(state.f)}
        onChange={(next) => onState(withSet(state, 'f', writeFilters(next)))}
      />
    </div>
  )
}

type Pages = {
  records: Parameters<typeof RecordTable>[0]['records']
  totals?: Record<string, string>
}[]

interface FoundProps extends ListPartProps {
  pages: Pages
  chosen?: string[]
  onChosen?: (ids: string[]) => void
}

function Found({ bundle, view, state, onState, pages, chosen, onChosen }: FoundProps) {
  const { t } = useTranslation()
  const phone = usePhone()
  const found = pages.flatMap((page) => page.records)
  if (found.length === 0) {
    const searched = Boolean(state.q || state.f || state.where)
    return (
      <div className="fw-card">
        <Nothing text={t(searched ? 'common.nothingFound' : 'list.none')}>
          {searched ? (
            <Button onClick={() => onState({})}>{t('common.clearSearch')}</Button>
          ) : (
            <CreateLink bundle={bundle} view={view} />
          )}
        </Nothing>
      </div>
    )
  }
  if (phone) return <RecordCards bundle={bundle} records={found} />
  return (
    <RecordTable
      bundle={bundle}
      view={view}
      records={found}
      totals={pages[0]?.totals}
      sort={state.sort}
      onSort={(sort) => onState(withSet(state, 'sort', sort))}
      {...(chosen && onChosen ? { chosen, onChosen } : {})}
    />
  )
}

/** The list shows the records behind a figure, until the reader wants all. */
function FromReport({ onClear }: { onClear: () => void }) {
  const { t } = useTranslation()
  return (
    <Alert
      type="info"
      showIcon
      title={t('list.fromReport')}
      action={
        <Button size="small" onClick={onClear}>
          {t('list.showAll')}
        </Button>
      }
      style={{ marginBottom: 12 }}
    />
  )
}

function Narrowed({ bundle, paths }: { bundle: Bundle; paths: readonly string[] }) {
  const { t } = useTranslation()
  const fields = paths.map((path) => pathTitle(bundle, path)).join(t('form.comma'))
  return (
    <Alert
      type="info"
      showIcon
      title={t('list.narrowed', { fields })}
      style={{ marginBottom: 12 }}
    />
  )
}

function Count({ n, more }: { n: number; more: boolean }) {
  const { t } = useTranslation()
  const text = `${grouped(String(n))}${more ? '+' : ''}`
  return <span className="fw-quiet">{t('list.count', { count: n, n: text })}</span>
}
