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
import { RowCard } from '@/ui/row-card'
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

/** How often messages under way are looked at, in milliseconds. */
const pollEvery = 5_000

const isWaiting = ({ status }: Delivery) => status === 'waiting'

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
  const log = useSuspenseInfiniteQuery({
    ...notificationQueries.deliveries(status, channel),
    // What is still under way is looked at until it has arrived.
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.deliveries.some(isWaiting)) ? pollEvery : false,
  })
  const deliveries = log.data.pages.flatMap((page) => page.deliveries)
  if (deliveries.length === 0) return <Nothing text={t('deliveries.none')} />
  const receiver = ({ channel, userName }: Delivery) =>
    userName ?? names.get(channel) ?? t('deliveries.gone')
  const subject = ({ subject, kind }: Delivery) => subject || t(`notices.${kind}`)
  return (
    <>
      {phone ? (
        <ul className="fw-row-cards">
          {deliveries.map((each) => (
            <RowCard
              key={each.id}
              head={subject(each)}
              mark={<State delivery={each} />}
              lines={[
                { title: t('deliveries.to'), text: receiver(each) },
                { title: t('deliveries.made'), text: moment(each.madeAt) },
              ]}
            >
              <Reason delivery={each} />
              <Again delivery={each} />
            </RowCard>
          ))}
        </ul>
      ) : (
        <Table<Delivery>
          size="small"
          rowKey="id"
          pagination={false}
          dataSource={deliveries}
          columns={[
            {
              key: 'made',
              title: t('deliveries.made'),
              className: 'fw-delivery-made',
              render: (_, each) => (
                <time dateTime={each.madeAt} title={moment(each.madeAt)}>
                  {fromNow(each.madeAt, now)}
                </time>
              ),
            },
            {
              key: 'subject',
              title: t('deliveries.subject'),
              className: 'fw-delivery-text',
              render: (_, each) => subject(each),
            },
            {
              key: 'to',
              title: t('deliveries.to'),
              className: 'fw-delivery-text',
              render: (_, each) => receiver(each),
            },
            {
              key: 'status',
              title: t('deliveries.status'),
              className: 'fw-delivery-text',
              render: (_, each) => (
                <>
                  <State delivery={each} />
                  <Reason delivery={each} />
                </>
              ),
            },
            { key: 'again', render: (_, each) => <Again delivery={each} /> },
          ]}
        />
      )}
      {log.hasNextPage && (
        <Button block loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
          {t('common.more')}
        </Button>
      )}
    </>
  )
}

function State({ delivery: { status } }: { delivery: Delivery }) {
  const { t } = useTranslation()
  return <Chip tone={tones[status]}>{t(`deliveries.states.${status}`)}</Chip>
}

/** Why it has not arrived, and when it is tried again. */
function Reason({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation()
  const { error, attempts, status, dueAt } = delivery
  if (!error) return null
  return (
    <div className="fw-quiet">
      {translateIfKnown(`deliveries.errors.${error}`) ??
        t('deliveries.said', { count: attempts, said: transportText(error) })}
      {status === 'waiting' && dueAt && ` · ${t('deliveries.next', { time: moment(dueAt) })}`}
    </div>
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
