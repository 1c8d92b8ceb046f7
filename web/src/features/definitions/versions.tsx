import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { App, Button, Table } from 'antd'
import { useTranslation } from 'react-i18next'
import { definitionQueries, type Published } from '@/api/definitions'
import { memberQueries } from '@/api/members'
import { moment } from '@/lib/time'
import { Chip } from '@/ui/chip'
import { Findings } from './findings'
import { useDraftCommands, warningsOf } from './use-draft-commands'

/** What was published, newest first; an older one can be published again. */
export function Versions() {
  const { t } = useTranslation()
  const { modal } = App.useApp()
  const { data: versions } = useSuspenseQuery(definitionQueries.versions())
  const { data: members } = useQuery(memberQueries.all())
  const { again } = useDraftCommands()
  const inForce = Math.max(0, ...versions.map((version) => version.number))
  const nameOf = (id: string) =>
    id === 'system'
      ? t('timeline.system')
      : (members?.find((member) => member.user === id)?.name ?? id)
  const noteOf = ({ note, again: of }: Published) =>
    [of ? t('definitions.againOf', { version: of }) : '', note ?? ''].filter(Boolean).join(' · ')
  const askAgain = ({ number }: Published) =>
    void modal.confirm({
      title: t('definitions.askAgain', { version: number }),
      content: t('definitions.askAgainHelp'),
      okText: t('definitions.rollback'),
      onOk: () =>
        again.mutateAsync({ number, accept: [] }).catch((error) => askTick(number, error)),
    })
  const askTick = (number: number, error: unknown) => {
    const warnings = warningsOf(error)
    if (warnings.length === 0) return
    void modal.confirm({
      title: t('definitions.askAgain', { version: number }),
      content: <Findings findings={warnings} />,
      okText: t('definitions.acceptWarnings'),
      onOk: () =>
        again
          .mutateAsync({ number, accept: warnings.map(({ code }) => code) })
          .catch(() => undefined),
    })
  }
  return (
    <Table<Published>
      size="small"
      rowKey="number"
      pagination={false}
      scroll={{ x: 'max-content' }}
      dataSource={versions}
      columns={[
        { title: t('definitions.version'), dataIndex: 'number' },
        { title: t('definitions.note'), render: (_, version) => noteOf(version) },
        { title: t('definitions.by'), render: (_, { by }) => nameOf(by) },
        { title: t('definitions.at'), render: (_, { at }) => moment(at) },
        {
          title: t('definitions.state'),
          render: (_, version) =>
            version.number === inForce ? (
              <Chip tone="good">{t('definitions.live')}</Chip>
            ) : (
              <Button size="small" loading={again.isPending} onClick={() => askAgain(version)}>
                {t('definitions.rollback')}
              </Button>
            ),
        },
      ]}
    />
  )
}
