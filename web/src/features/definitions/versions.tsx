import { useSuspenseQuery } from '@tanstack/react-query'
import { App, Button, Table, Tag } from 'antd'
import { useTranslation } from 'react-i18next'
import { type CatalogVersion, definitionQueries } from '@/api/definitions'
import { moment } from '@/lib/time'
import { useDraftCommands } from './use-draft-commands'

/** What was published, newest first; an older one can be published again. */
export function Versions() {
  const { t } = useTranslation()
  const { modal } = App.useApp()
  const { data: versions } = useSuspenseQuery(definitionQueries.versions())
  const { again } = useDraftCommands()
  const newest = Math.max(0, ...versions.map((version) => version.version))
  const isActive = (version: CatalogVersion) => version.active ?? version.version === newest
  const nameOf = ({ publishedBy }: CatalogVersion) =>
    typeof publishedBy === 'string' ? publishedBy : (publishedBy?.name ?? '')
  return (
    <Table<CatalogVersion>
      size="small"
      rowKey="version"
      pagination={false}
      scroll={{ x: 'max-content' }}
      dataSource={[...versions].sort((a, b) => b.version - a.version)}
      columns={[
        { title: t('definitions.version'), dataIndex: 'version' },
        { title: t('definitions.note'), dataIndex: 'note' },
        { title: t('definitions.by'), render: (_, version) => nameOf(version) },
        {
          title: t('definitions.at'),
          render: (_, { publishedAt }) => (publishedAt ? moment(publishedAt) : ''),
        },
        {
          title: t('definitions.state'),
          render: (_, version) =>
            isActive(version) ? (
              <Tag color="success">{t('definitions.live')}</Tag>
            ) : (
              <Button
                size="small"
                loading={again.isPending}
                onClick={() =>
                  void modal.confirm({
                    title: t('definitions.askAgain', { version: version.version }),
                    content: t('definitions.askAgainHelp'),
                    okText: t('definitions.rollback'),
                    onOk: () => again.mutateAsync(version.version).catch(() => undefined),
                  })
                }
              >
                {t('definitions.rollback')}
              </Button>
            ),
        },
      ]}
    />
  )
}
