import { useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Table } from 'antd'
import { useTranslation } from 'react-i18next'
import { type FlowInfo, flowQueries } from '@/api/flows'
import { titleOf } from '@/lib/texts'
import { Chip } from '@/ui/chip'
import { Page } from '@/ui/page'
import { usePhone } from '@/ui/use-phone'

/** The flows the reader administers. */
export function FlowsPage() {
  const { t } = useTranslation()
  const { data: flows } = useSuspenseQuery(flowQueries.all())
  const phone = usePhone()
  return (
    <Page title={t('flows.title')}>
      <Table<FlowInfo>
        size="small"
        rowKey="name"
        pagination={false}
        scroll={{ x: 'max-content' }}
        dataSource={flows}
        locale={{ emptyText: t('flows.none') }}
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
    </Page>
  )
}
