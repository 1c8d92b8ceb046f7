import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import { ApiError } from '@/api/request'
import { type Session, sessionQueries, switchTenant } from '@/api/session'
import type { TaskSearch } from '@/api/tasks'
import type { ReportState } from '@/features/reports/state'
import { languageFor, switchLanguage } from '@/lib/i18n'
import { taskTabOf } from '@/lib/task-tab'
import { Waiting } from '@/ui/boundary'
import { NotFound, RouteFailed } from './error-pages'
import { queryClient } from './query-client'

/** Where a person was going when he had to sign in first. Only paths of this page: never another site. */
function localPath(value: unknown): string | undefined {
  return typeof value === 'string' && /^\/(?![/\\])/.test(value) ? value : undefined
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

async function currentSession(): Promise<Session | undefined> {
  // Leaving the page that asked and entering the sign-in page are one step: who is nobody is not asked twice for it.
  const known = queryClient.getQueryState(sessionQueries.current().queryKey)
  const justAsked = known?.status === 'error' && Date.now() - known.errorUpdatedAt < 2_000
  if (justAsked && known.error instanceof ApiError && known.error.status === 401) return undefined
  try {
    return await queryClient.ensureQueryData(sessionQueries.current())
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return undefined
    throw error
  }
}

const root = createRootRoute({ notFoundComponent: NotFound, errorComponent: RouteFailed })

const signInRoute = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { next?: string } => {
    const next = localPath(search['next'])
    return next ? { next } : {}
  },
  beforeLoad: async () => {
    const { needed } = await queryClient.ensureQueryData(sessionQueries.setup())
    if (needed) throw redirect({ to: '/setup' })
    if (await currentSession()) throw redirect({ to: '/' })
  },
  component: lazyRouteComponent(() => import('./routes/sign-in'), 'SignInRoute'),
})

const setupRoute = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  validateSearch: (search: Record<string, unknown>): { token?: string } => {
    const token = text(search['token'])
    return token ? { token } : {}
  },
  beforeLoad: async () => {
    const { needed } = await queryClient.ensureQueryData(sessionQueries.setup())
    if (!needed) throw redirect({ to: '/sign-in' })
  },
  component: lazyRouteComponent(() => import('./routes/setup'), 'SetupRoute'),
})

/** A link in a message names its company; who is signed in to another of his goes over to it. */
async function goToCompany(
  session: Session,
  location: { href: string; search: unknown },
): Promise<void> {
  const asked = (location.search as Record<string, unknown>)['company']
  if (typeof asked !== 'string') return
  const url = new URL(location.href, window.location.origin)
  url.searchParams.delete('company')
  if (asked !== session.tenant.name && session.tenants.some(({ name }) => name === asked)) {
    const next = await switchTenant(asked)
    queryClient.clear()
    queryClient.setQueryData(sessionQueries.current().queryKey, next)
  }
  throw redirect({ href: url.pathname + url.search, replace: true })
}

/** Lets a person in who is signed in; others sign in first and come back. */
async function enter({ location }: { location: { href: string; search: unknown } }): Promise<void> {
  const session = await currentSession()
  if (!session)
    throw redirect({
      to: '/sign-in',
      search: location.href === '/' ? {} : { next: location.href },
    })
  await switchLanguage(languageFor(session.lang))
  await goToCompany(session, location)
}

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  beforeLoad: enter,
  component: lazyRouteComponent(() => import('./shell/app-shell'), 'AppShell'),
})

/** The state of the to-do centre that survives a reload. */
export interface HomeSearch extends TaskSearch {
  tab?: ReturnType<typeof taskTabOf>
}

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  validateSearch: (search: Record<string, unknown>): HomeSearch => {
    const tab = taskTabOf(search['tab'])
    const kept: HomeSearch = tab === 'open' ? {} : { tab }
    for (const name of ['q', 'entity', 'initiator', 'from', 'to', 'sort'] as const) {
      const value = text(search[name])
      if (value) kept[name] = value
    }
    if (search['overdue'] === true) kept.overdue = true
    return kept
  },
  component: lazyRouteComponent(() => import('./routes/home'), 'HomeRoute'),
})

/** The state of a list that survives a reload: what was searched, filtered and how it is sorted. */
export interface ListSearch {
  q?: string
  /** Quick filters as JSON: field → value. */
  f?: string
  sort?: string
  /** A filter as JSON, from a report: the records behind a figure. */
  where?: string
}

const list = createRoute({
  getParentRoute: () => shell,
  path: '/e/$entity/v/$view',
  validateSearch: (search: Record<string, unknown>): ListSearch => {
    const [q, f, sort] = [text(search['q']), text(search['f']), text(search['sort'])]
    const where = text(search['where'])
    return {
      ...(q ? { q } : {}),
      ...(f ? { f } : {}),
      ...(sort ? { sort } : {}),
      ...(where ? { where } : {}),
    }
  },
  component: lazyRouteComponent(() => import('./routes/list'), 'ListRoute'),
})

const reportSearch = (search: Record<string, unknown>): ReportState => {
  const [p, sort] = [text(search['p']), text(search['sort'])]
  return {
    ...(p ? { p } : {}),
    ...(search['unit'] === 'wan' ? { unit: 'wan' } : {}),
    ...(sort ? { sort } : {}),
  }
}

const dashboard = createRoute({
  getParentRoute: () => shell,
  path: '/d/$dashboard',
  validateSearch: reportSearch,
  component: lazyRouteComponent(() => import('./routes/dashboard'), 'DashboardRoute'),
})

const dataset = createRoute({
  getParentRoute: () => shell,
  path: '/q/$dataset',
  validateSearch: reportSearch,
  component: lazyRouteComponent(() => import('./routes/dataset'), 'DatasetRoute'),
})

const record = createRoute({
  getParentRoute: () => shell,
  path: '/e/$entity/r/$id',
  component: lazyRouteComponent(() => import('./routes/record'), 'RecordRoute'),
})

const newRecord = createRoute({
  getParentRoute: () => shell,
  path: '/e/$entity/new',
  validateSearch: (
    search: Record<string, unknown>,
  ): { form?: string; from?: string; begin?: string; of?: string } => {
    const [form, from] = [text(search['form']), text(search['from'])]
    const [begin, of] = [text(search['begin']), text(search['of'])]
    return {
      ...(form ? { form } : {}),
      ...(from ? { from } : {}),
      ...(begin && of ? { begin, of } : {}),
    }
  },
  component: lazyRouteComponent(() => import('./routes/new-record'), 'NewRecordRoute'),
})

const task = createRoute({
  getParentRoute: () => shell,
  path: '/tasks/$id',
  component: lazyRouteComponent(() => import('./routes/task'), 'TaskRoute'),
})

const members = createRoute({
  getParentRoute: () => shell,
  path: '/members',
  component: lazyRouteComponent(() => import('@/features/members/members-page'), 'MembersPage'),
})

const templates = createRoute({
  getParentRoute: () => shell,
  path: '/templates',
  component: lazyRouteComponent(
    () => import('@/features/templates/templates-page'),
    'TemplatesPage',
  ),
})

const flows = createRoute({
  getParentRoute: () => shell,
  path: '/flows',
  component: lazyRouteComponent(() => import('./routes/flows'), 'FlowsRoute'),
})

const flow = createRoute({
  getParentRoute: () => shell,
  path: '/flows/$name',
  component: lazyRouteComponent(() => import('./routes/flow'), 'FlowRoute'),
})

const definitions = createRoute({
  getParentRoute: () => shell,
  path: '/definitions',
  component: lazyRouteComponent(
    () => import('@/features/definitions/definitions-page'),
    'DefinitionsPage',
  ),
})

const definition = createRoute({
  getParentRoute: () => shell,
  path: '/definitions/$kind/$name',
  component: lazyRouteComponent(() => import('./routes/definition'), 'DefinitionRoute'),
})

const inbox = createRoute({
  getParentRoute: () => shell,
  path: '/messages',
  component: lazyRouteComponent(() => import('@/features/notifications/inbox-page'), 'InboxPage'),
})

const monitor = createRoute({
  getParentRoute: () => shell,
  path: '/monitor',
  component: lazyRouteComponent(() => import('@/features/monitor/monitor-page'), 'MonitorPage'),
})

const channels = createRoute({
  getParentRoute: () => shell,
  path: '/channels',
  component: lazyRouteComponent(
    () => import('@/features/notifications/channels-page'),
    'ChannelsPage',
  ),
})

const account = createRoute({
  getParentRoute: () => shell,
  path: '/account',
  component: lazyRouteComponent(() => import('./routes/account'), 'AccountRoute'),
})

const paper = createRoute({
  getParentRoute: () => root,
  id: 'paper',
  beforeLoad: enter,
  component: lazyRouteComponent(() => import('./paper'), 'PaperFrame'),
})

const printRecords = createRoute({
  getParentRoute: () => paper,
  path: '/print/e/$entity/$print',
  validateSearch: (search: Record<string, unknown>): { ids: string; task?: string } => {
    const task = text(search['task'])
    return { ids: text(search['ids']) ?? '', ...(task !== undefined && { task }) }
  },
  component: lazyRouteComponent(() => import('./routes/print-records'), 'PrintRecordsRoute'),
})

const printDataset = createRoute({
  getParentRoute: () => paper,
  path: '/print/q/$dataset/$print',
  validateSearch: (search: Record<string, unknown>): { p?: string } => {
    const p = text(search['p'])
    return p ? { p } : {}
  },
  component: lazyRouteComponent(() => import('./routes/print-dataset'), 'PrintDatasetRoute'),
})

const routeTree = root.addChildren([
  signInRoute,
  setupRoute,
  paper.addChildren([printRecords, printDataset]),
  shell.addChildren([
    home,
    list,
    record,
    newRecord,
    dashboard,
    dataset,
    task,
    members,
    templates,
    flows,
    flow,
    definitions,
    definition,
    account,
    inbox,
    monitor,
    channels,
  ]),
])

/**
 * Fetches the pages people go to from the one they are on, one after the other: going there then needs no line for the
 * program, only for what it shows.
 */
export async function fetchUsualPages(): Promise<void> {
  for (const { options } of [shell, home, task, record, newRecord, list, inbox, account])
    await options.component?.preload?.()
}

/** The routes of the page. What a reload should keep is in the URL. */
export const router = createRouter({
  routeTree,
  defaultPendingComponent: Waiting,
  defaultPendingMs: 150,
  defaultErrorComponent: RouteFailed,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
