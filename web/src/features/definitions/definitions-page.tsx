import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Input, Table } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type DefinitionInfo, definitionQueries } from '@/api/definitions'
import { templateQueries } from '@/api/templates'
import { translateIfKnown } from '@/lib/i18n'
import { titleOf } from '@/lib/texts'
import { Boundary } from '@/ui/boundary'
import { Chip } from '@/ui/chip'
import { Page } from '@/ui/page'
import { TabBar } from '@/ui/tab-bar'
import { DraftPanel } from './draft-panel'
import { Versions } from './versions'

/** What the company's Formwork is made of, what is being changed, and what was published before. */
export function DefinitionsPage() {
  const { t } = useTranslation()
  const [tab, setTab] = useState<'all' | 'versions'>('all')
  return (
    <Page title={t('definitions.title')}>
      <Boundary>
        <DraftPanel />
      </Boundary>
      <TabBar
        label={t('definitions.title')}
        selected={tab}
        onSelect={setTab}
        tabs={[
          { key: 'all', label: t('definitions.all') },
          { key: 'versions', label: t('definitions.versions') },
        ]}
      >
        <Boundary>{tab === 'all' ? <DefinitionTable /> : <Versions />}</Boundary>
      </TabBar>
    </Page>
  )
}

function DefinitionTable() {
  const { t } = useTranslation()
  const { data: definitions } = useSuspenseQuery(definitionQueries.all())
  const { data: templates } = useQuery(templateQueries.all())
  const templateTitle = (name: string) =>
    titleOf(templates?.find((template) => template.name === name) ?? { name })
  const [typed, setTyped] = useState('')
  const q = typed.trim().toLowerCase()
  const found = definitions.filter((definition) =>
    `${definition.kind} ${definition.name} ${titleOf(definition)}`.toLowerCase().includes(q),
  )
  return (
    <>
      <Input.Search
        allowClear
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        placeholder={t('definitions.search')}
        aria-label={t('definitions.search')}
        style={{ maxWidth: 320, marginBottom: 12 }}
      />
      <Table<DefinitionInfo>
        size="small"
        rowKey={(definition) => `${definition.kind}/${definition.name}`}
        pagination={false}
        scroll={{ x: 'max-content' }}
        dataSource={found}
        columns={[
          {
            title: t('definitions.name'),
            render: (_, definition) => (
              <Link
                to="/definitions/$kind/$name"
                params={{ kind: definition.kind, name: definition.name }}
              >
                {titleOf(definition)}
              </Link>
            ),
          },
          {
            title: t('definitions.kind'),
            render: (_, { kind }) => translateIfKnown(`definitions.kinds.${kind}`) ?? kind,
          },
          { title: t('definitions.key'), dataIndex: 'name' },
          {
            title: t('definitions.template'),
            render: (_, { template }) =>
              template ? templateTitle(template) : t('definitions.own'),
          },
          {
            title: t('definitions.state'),
            render: (_, definition) => (
              <>
                {definition.changed && <Chip>{t('definitions.changed')}</Chip>}
                {definition.drafted && <Chip tone="warn">{t('definitions.inDraft')}</Chip>}
              </>
            ),
          },
        ]}
      />
    </>
  )
}
