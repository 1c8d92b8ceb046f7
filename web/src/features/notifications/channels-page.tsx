import './notifications.css'
import { PlusOutlined } from '@ant-design/icons'
import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { Alert, App, Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Channel, notificationQueries, removeChannel, testChannel } from '@/api/notifications'
import { explain } from '@/lib/problems/explain'
import { moment } from '@/lib/time'
import { Boundary } from '@/ui/boundary'
import { Chip } from '@/ui/chip'
import { Nothing } from '@/ui/nothing'
import { Page } from '@/ui/page'
import { TabBar } from '@/ui/tab-bar'
import { useFailureMessage } from '@/ui/use-failure-message'
import { ChannelDialog } from './channel-dialog'
import { DeliveryLog } from './delivery-log'

/** How messages leave the company: the channels, and what was sent through them. */
export function ChannelsPage() {
  const { t } = useTranslation()
  const [tab, setTab] = useState<'channels' | 'log'>('channels')
  const [edited, setEdited] = useState<Channel | 'new' | undefined>()
  return (
    <Page
      title={t('channels.title')}
      actions={
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setEdited('new')}>
          {t('channels.add')}
        </Button>
      }
    >
      <TabBar
        label={t('channels.title')}
        selected={tab}
        onSelect={setTab}
        tabs={[
          { key: 'channels', label: t('channels.all') },
          { key: 'log', label: t('channels.log') },
        ]}
      >
        <Boundary>
          {tab === 'channels' ? <Channels onEdit={setEdited} /> : <DeliveryLog />}
        </Boundary>
      </TabBar>
      {edited && (
        <ChannelDialog
          channel={edited === 'new' ? undefined : edited}
          onClose={() => setEdited(undefined)}
        />
      )}
    </Page>
  )
}

function Channels({ onEdit }: { onEdit: (channel: Channel) => void }) {
  const { t } = useTranslation()
  const { data } = useSuspenseQuery(notificationQueries.channels())
  if (data.channels.length === 0) return <Nothing text={t('channels.none')} />
  return (
    <ul className="fw-channel-list">
      {data.channels.map((channel) => (
        <ChannelCard key={channel.id} channel={channel} onEdit={onEdit} />
      ))}
    </ul>
  )
}

function ChannelCard({
  channel,
  onEdit,
}: {
  channel: Channel
  onEdit: (channel: Channel) => void
}) {
  const { t } = useTranslation()
  const { message, modal } = App.useApp()
  const client = useQueryClient()
  const fail = useFailureMessage()
  const testing = useMutation({
    mutationFn: () => testChannel(channel.id),
    onSuccess: () => message.success(t('channels.tested')),
  })
  const removing = useMutation({
    mutationFn: () => removeChannel(channel.id),
    onSuccess: () => client.invalidateQueries({ queryKey: ['channels'] }),
    onError: fail,
  })
  const askRemove = () =>
    modal.confirm({
      title: t('channels.askRemove', { name: channel.name }),
      content: t('channels.askRemoveHelp'),
      okText: t('channels.remove'),
      okButtonProps: { danger: true },
      cancelText: t('common.cancel'),
      onOk: () => removing.mutateAsync(),
    })
  return (
    <li className="fw-channel">
      <h2>
        {channel.name}
        <Chip tone={channel.enabled ? 'good' : 'quiet'}>
          {t(channel.enabled ? 'channels.on' : 'channels.off')}
        </Chip>
        {channel.pausedUntil && (
          <Chip tone="bad">
            {t('channels.pausedUntil', { until: moment(channel.pausedUntil) })}
          </Chip>
        )}
      </h2>
      <div className="fw-quiet">
        {t(`channels.kinds.${channel.kind}`)} · {channel.target}
      </div>
      <div>
        {channel.notices.length === 0
          ? t('channels.flowsOnly')
          : channel.notices.map((kind) => t(`notices.${kind}`)).join(t('channels.comma'))}
        {channel.flows && channel.flows.length > 0 && (
          <div className="fw-quiet">{t('channels.someFlows', { count: channel.flows.length })}</div>
        )}
      </div>
      {testing.error && <Alert type="error" showIcon role="alert" title={explain(testing.error)} />}
      <div className="fw-channel-foot">
        <Button size="small" onClick={() => onEdit(channel)}>
          {t('channels.edit')}
        </Button>
        <Button size="small" loading={testing.isPending} onClick={() => testing.mutate()}>
          {t('channels.test')}
        </Button>
        <Button size="small" danger type="text" onClick={askRemove}>
          {t('channels.remove')}
        </Button>
      </div>
    </li>
  )
}
