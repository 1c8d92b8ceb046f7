import { PlusOutlined } from '@ant-design/icons'
import { useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button, Table } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type FlowInfo, flowQueries } from '@/api/flows'
import { sessionQueries } from '@/api/session'
import { titleOf } from '@/lib/texts'
import { Boundary } from '@/ui/boundary'
import { Chip } from '@/ui/chip'
import { Nothing } from '@/ui/nothing'
import { Page } from '@/ui/page'
import { usePhone } from '@/ui/use-phone'
import { NewFlowDialog } from './new-flow-dialog'

/** The flows the reader administers; who administers the company begins new ones. */
export function FlowsPage({ onOpen }: { onOpen: (flow: string) => void }) {
  const { t } = useTranslation()
  const { data: flows } = useSuspenseQuery(flowQueries.all())
  const { data: session } = useSuspenseQuery(sessionQueries.current())
  const [adding, setAdding] = useState(false)
  const add = (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>
      {t('flows.add')}
    </Button>
  )
  return (
    <Page title={t('flows.title')} actions={session?.admin && flows.length > 0 && add}>
      {flows.length > 0 ? (
        <FlowTable flows={flows} />
      ) : session?.admin ? (
        <Nothing text={t('flows.noneYet')}>
          <div className="fw-first-step">
            <Link to="/templates">{t('flows.toTemplates')}</Link>
            {add}
          </div>
        </Nothing>
      ) : (
        <Nothing text={t('flows.none')} />
      )}
      {adding && (
        <Boundary>
          <NewFlowDialog onClose={() => setAdding(false)} onMade={onOpen} />
        </Boundary>
      )}
    </Page>
  )
}

function FlowTable({ flows }: { flows: readonly FlowInfo[] }) {
  const { t } = useTranslation()
  const phone = usePhone()
  return (
    <Table<FlowInfo>
      size="small"
      rowKey="name"
      pagination={false}
      scroll={{ x: 'max-content' }}
      dataSource={[...flows]}
      columns={[
        {
          title: t('definitions.name'),
          render: (_, flow) => (
            <Link to="/flows/$name" params={{ name: flow.name }}>
              {titleOf(flow)}
            </Link>
          ),
        },
        { title: t('flows.of'), dataIndex: 'of' },
        // A phone is too narrow for the name, which only definitions use.
        ...(phone ? [] : [{ title: t('definitions.key'), dataIndex: 'name' }]),
        {
          title: t('definitions.state'),
          render: (_, flow) => (
            <>
              {flow.new ? (
                <Chip tone="info">{t('flows.new')}</Chip>
              ) : (
                <Chip tone="good">{t('definitions.live')}</Chip>
              )}
              {flow.drafted && <Chip tone="warn">{t('definitions.inDraft')}</Chip>}
            </>
          ),
        },
      ]}
    />
  )
}
