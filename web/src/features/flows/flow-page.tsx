import { useSuspenseQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type FlowDetail, flowQueries } from '@/api/flows'
import { titleOf } from '@/lib/texts'
import { Boundary } from '@/ui/boundary'
import { Chip } from '@/ui/chip'
import { LeaveGuard } from '@/ui/leave-guard'
import { Page } from '@/ui/page'
import { TabBar } from '@/ui/tab-bar'
import { ApproverTablePanel } from './approver-table-panel'
import { type EditedText, FlowJson } from './flow-json'
import { FlowVersions } from './flow-versions'
import { HookPanel } from './hook-panel'
import { isAutomation } from './model'
import { Overview } from './overview'
import { ReplayPanel } from './replay-panel'
import { RunsPanel } from './runs-panel'
import { ScenariosPanel } from './scenarios-panel'

interface FlowPageProps {
  name: string
  onBack: () => void
  /** The draft as a whole, with check and publish; only administrators of the company have one. */
  draft: ReactNode
}

type Tab = 'overview' | 'hook' | 'runs' | 'table' | 'replay' | 'scenarios' | 'json' | 'versions'

/** What a flow people submit has, and what one has that starts by itself: nobody approves there. */
const submitted: Tab[] = ['overview', 'table', 'replay', 'scenarios', 'json', 'versions']
const automated: Tab[] = ['overview', 'runs', 'json', 'versions']

/** One flow for its administrators: drawn, checked, simulated, replayed and published. */
export function FlowPage({ name, onBack, draft }: FlowPageProps) {
  const { t } = useTranslation()
  const { data: flow } = useSuspenseQuery(flowQueries.one(name))
  const [tab, setTab] = useState<Tab>('overview')
  const [edited, setEdited] = useState<EditedText | undefined>()
  const called = flow.definition.start?.webhook || flow.published?.start?.webhook
  const usual = isAutomation(flow.definition) ? automated : submitted
  const tabs = called ? usual.toSpliced(1, 0, 'hook') : usual
  const errors = flow.problems.filter((problem) => problem.level === 'error').length
  const warnings = flow.problems.length - errors
  return (
    <Page
      title={titleOf(flow)}
      onBack={onBack}
      note={
        <>
          {flow.drafted && <Chip tone="warn">{t('definitions.inDraft')}</Chip>}
          {errors > 0 && <Chip tone="bad">{t('flows.errors', { count: errors })}</Chip>}
          {warnings > 0 && <Chip tone="warn">{t('flows.warnings', { count: warnings })}</Chip>}
          {edited && <Chip tone="warn">{t('flows.notSaved')}</Chip>}
        </>
      }
    >
      {flow.edit && flow.drafted && draft}
      <TabBar
        label={titleOf(flow)}
        selected={tab}
        onSelect={setTab}
        tabs={tabs.map((key) => ({ key, label: t(`flows.tabs.${key}`) }))}
      >
        <Boundary>
          {tab === 'json' ? (
            <FlowJson flow={flow} edited={edited} onEdit={setEdited} />
          ) : (
            <Panel tab={tab} flow={flow} />
          )}
        </Boundary>
      </TabBar>
      <LeaveGuard dirty={() => edited !== undefined} />
    </Page>
  )
}

function Panel({ tab, flow }: { tab: Exclude<Tab, 'json'>; flow: FlowDetail }) {
  switch (tab) {
    case 'overview':
      return <Overview key={JSON.stringify(flow.definition)} flow={flow} />
    case 'hook':
      return <HookPanel flow={flow} />
    case 'runs':
      return <RunsPanel flow={flow} />
    case 'table':
      return <ApproverTablePanel flow={flow} />
    case 'replay':
      return <ReplayPanel flow={flow} />
    case 'scenarios':
      return <ScenariosPanel flow={flow} />
    default:
      return <FlowVersions flow={flow} />
  }
}
