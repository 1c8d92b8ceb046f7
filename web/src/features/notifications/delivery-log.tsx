import {
  useMutation,
  useQueryClient,
  useSuspenseInfiniteQuery,
  useSuspenseQuery,
} from '@tanstack/react-query'
import { Button, Select, Table } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  type Delivery,
  type DeliveryState,
  deliveryStates,
  notificationQueries,
  sendAgain,
} from '@/api/notifications'
import { translateIfKnown } from '@/lib/i18n'
import { transportText } from '@/lib/problems/transport'
import { fromNow, moment } from '@/lib/time'
import { Chip, type Tone } from '@/ui/chip'
import { Nothing } from '@/ui/nothing'
import { useFailureMessage } from '@/ui/use-failure-message'
import { useNow } from '@/ui/use-now'
import { usePhone } from '@/ui/use-phone'

const tones: Record<DeliveryState, Tone> = {
  waiting: 'info',
  held: 'info',
  sent: 'good',
  failed: 'bad',
  skipped: 'quiet',
}

/** What was sent, to whom, and what came of it. */
export function DeliveryLog() {
  const { t } = useTranslation()
  const [status, setStatus] = useState<DeliveryState | ''>('')
  const [channel, setChannel] = useState('')
  const { data: list } = useSuspenseQuery(notificationQueries.channels())
  return (
    <>
      <div className="fw-deliveries-tools">
        <Select<DeliveryState | ''>
          aria-label={t('deliveries.status')}
          style={{ width: 160 }}
          value={status}
          onChange={setStatus}
          options={[
            { value: '', label: t('deliveries.anyStatus') },
            ...deliveryStates.map((value) => ({ value, label: t(`deliveries.states.${value}`) })),
          ]}
        />
        <Select
          aria-label={t('deliveries.channel')}
          style={{ width: 200 }}
          value={channel}
          onChange={setChannel}
          options={[
            { value: '', label: t('deliveries.anyChannel') },
            ...list.channels.map(({ id, name }) => ({ value: id, label: name })),
          ]}
        />
      </div>
      <Deliveries
        status={status}
        channel={channel}
        names={new Map(list.channels.map(({ id, name }) => [id, name]))}
      />
    </>
  )
}

interface DeliveriesProps {
  status: DeliveryState | ''
  channel: string
  names: Map<string, string>
}

function Deliveries({ status, channel, names }: DeliveriesProps) {
  const { t } = useTranslation()
  const now = useNow()
  const phone = usePhone()
  const log = useSuspenseInfiniteQuery(notificationQueries.deliveries(status, channel))
  const deliveries = log.data.pages.flatMap((page) => page.deliveries)
  if (deliveries.length === 0) return <Nothing text={t('deliveries.none')} />
  return (
    <>
      <Table<Delivery>
        size="small"
        rowKey="id"
        pagination={false}
        scroll={{ x: 'max-content' }}
        dataSource={deliveries}
        columns={[
          {
            key: 'made',
            title: t('deliveries.made'),
            render: (_, each) => (
              <time dateTime={each.madeAt} title={moment(each.madeAt)}>
                {fromNow(each.madeAt, now)}
              </time>
            ),
          },
          {
            key: 'subject',
            title: t('deliveries.subject'),
            render: (_, each) => (
              <span
                style={{
                  display: 'inline-block',
                  maxWidth: phone ? 180 : 360,
                  overflowWrap: 'anywhere',
                  whiteSpace: 'normal',
                }}
              >
                {each.subject || t(`notices.${each.kind}`)}
              </span>
            ),
          },
          {
            key: 'to',
            title: t('deliveries.to'),
            render: (_, each) => each.userName ?? names.get(each.channel) ?? t('deliveries.gone'),
          },
          {
            key: 'status',
            title: t('deliveries.status'),
            render: (_, each) => <State delivery={each} />,
          },
          { key: 'again', render: (_, each) => <Again delivery={each} /> },
        ]}
      />
      {log.hasNextPage && (
        <Button block loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
          {t('common.more')}
        </Button>
      )}
    </>
  )
}

function State({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation()
  const said = delivery.error
  return (
    <>
      <Chip tone={tones[delivery.status]}>{t(`deliveries.states.${delivery.status}`)}</Chip>
      {said && (
        <div
          className="fw-quiet"
          style={{ maxWidth: 280, whiteSpace: 'normal', overflowWrap: 'anywhere' }}
        >
          {translateIfKnown(`deliveries.errors.${said}`) ??
            t('deliveries.said', { count: delivery.attempts, said: transportText(said) })}
        </div>
      )}
    </>
  )
}

function Again({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const fail = useFailureMessage()
  const sending = useMutation({
    mutationFn: () => sendAgain(delivery.id),
    onSuccess: () => client.invalidateQueries({ queryKey: ['deliveries'] }),
    onError: fail,
  })
  if (delivery.status !== 'failed' && delivery.status !== 'skipped') return null
  return (
    <Button size="small" loading={sending.isPending} onClick={() => sending.mutate()}>
      {t('deliveries.again')}
    </Button>
  )
}
