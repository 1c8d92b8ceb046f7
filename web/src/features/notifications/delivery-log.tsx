import {
  useMutation,
  useQuery,
  useQueryClient,
  useSuspenseInfiniteQuery,
  useSuspenseQuery,
} from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button, Table } from 'antd'
import { type ReactNode, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { memberQueries } from '@/api/members'
import {
  type Delivery,
  type DeliverySearch,
  type DeliveryState,
  notificationQueries,
  sendAgain,
} from '@/api/notifications'
import { translateIfKnown } from '@/lib/i18n'
import { transportText } from '@/lib/problems/transport'
import { fromNow, moment } from '@/lib/time'
import { Boundary } from '@/ui/boundary'
import { Chip, type Tone } from '@/ui/chip'
import { Nothing } from '@/ui/nothing'
import { RowCard } from '@/ui/row-card'
import { useFailureMessage } from '@/ui/use-failure-message'
import { useNow } from '@/ui/use-now'
import { usePhone } from '@/ui/use-phone'
import { DeliveryFilters, noFilter, searchOf } from './delivery-filters'
import { ResendDialog } from './resend-dialog'

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
  const [filter, setFilter] = useState(noFilter)
  const [resending, setResending] = useState(false)
  const { data: list } = useSuspenseQuery(notificationQueries.channels())
  const { data: members } = useQuery(memberQueries.all())
  const search = useMemo(() => searchOf(filter), [filter])
  const givenUp = filter.status === '' || filter.status === 'failed' || filter.status === 'skipped'
  const scope = [
    t(`deliveries.states.${filter.status === 'skipped' ? 'skipped' : 'failed'}`),
    list.channels.find(({ id }) => id === filter.channel)?.name ?? t('deliveries.anyChannel'),
    members?.find(({ user }) => user === filter.user)?.name,
    filter.from && `≥ ${filter.from}`,
    filter.to && `≤ ${filter.to}`,
  ]
  return (
    <>
      <search className="fw-deliveries-tools">
        <DeliveryFilters channels={list.channels} filter={filter} onFilter={setFilter} />
        {givenUp && <Button onClick={() => setResending(true)}>{t('deliveries.resend')}</Button>}
      </search>
      <Boundary>
        <Deliveries
          search={search}
          names={new Map(list.channels.map(({ id, name }) => [id, name]))}
        />
      </Boundary>
      {resending && (
        <ResendDialog
          search={{ ...search, status: filter.status === 'skipped' ? 'skipped' : 'failed' }}
          scope={scope.filter(Boolean).join(' · ')}
          onClose={() => setResending(false)}
        />
      )}
    </>
  )
}

interface DeliveriesProps {
  search: DeliverySearch
  /** Of channels, by id. */
  names: Map<string, string>
}

function Deliveries({ search, names }: DeliveriesProps) {
  const { t } = useTranslation()
  const now = useNow()
  const phone = usePhone()
  const log = useSuspenseInfiniteQuery({
    ...notificationQueries.deliveries(search),
    // What is still under way is looked at until it has arrived.
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.deliveries.some(isWaiting)) ? pollEvery : false,
  })
  const deliveries = log.data.pages.flatMap((page) => page.deliveries)
  if (deliveries.length === 0) {
    const asked = Object.keys(search).length > 0
    return <Nothing text={t(asked ? 'common.nothingFound' : 'deliveries.none')} />
  }
  const receiver = ({ channel, userName }: Delivery) =>
    userName ?? names.get(channel) ?? t('deliveries.gone')
  const channelOf = ({ channel }: Delivery) => names.get(channel) ?? t('deliveries.gone')
  return (
    <>
      {phone ? (
        <ul className="fw-row-cards">
          {deliveries.map((each) => (
            <RowCard
              key={each.id}
              head={<Subject delivery={each} />}
              mark={<State delivery={each} />}
              lines={[
                { title: t('deliveries.to'), text: receiver(each) },
                { title: t('deliveries.made'), text: moment(each.madeAt) },
              ]}
            >
              <Reason delivery={each} />
              <details className="fw-folded">
                <summary>{t('deliveries.details')}</summary>
                <Details delivery={each} channel={channelOf(each)} />
              </details>
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
          expandable={{
            expandedRowRender: (each) => <Details delivery={each} channel={channelOf(each)} />,
          }}
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
              render: (_, each) => <Subject delivery={each} />,
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

/** What it is about, with the way there. */
function Subject({ delivery: { subject, kind, entity, record } }: { delivery: Delivery }) {
  const { t } = useTranslation()
  const text = subject || t(`notices.${kind}`)
  if (!entity || !record) return text
  return (
    <Link to="/e/$entity/r/$id" params={{ entity, id: record }}>
      {text}
    </Link>
  )
}

/** All the log knows of one delivery: what was tried, what the other side said, and what it was about. */
function Details({ delivery, channel }: { delivery: Delivery; channel: string }) {
  const { t } = useTranslation()
  const { kind, attempts, error, madeAt, dueAt, sentAt, task, status, id, can } = delivery
  const lines: [string, ReactNode][] = [
    [t('deliveries.kind'), t(`notices.${kind}`)],
    [t('deliveries.channel'), channel],
    [t('deliveries.made'), moment(madeAt)],
    [t('deliveries.attempts'), attempts],
    [t('deliveries.sentAt'), sentAt && moment(sentAt)],
    [t('deliveries.nextTry'), status === 'waiting' && dueAt && moment(dueAt)],
    [
      t('deliveries.saidRaw'),
      error && !translateIfKnown(`deliveries.errors.${error}`) && <code>{error}</code>,
    ],
    [t('deliveries.idLabel'), <code key="id">{id}</code>],
    [
      t('deliveries.task'),
      task && (
        <Link to="/tasks/$id" params={{ id: task }}>
          {t('deliveries.openTask')}
        </Link>
      ),
    ],
  ]
  return (
    <>
      <dl className="fw-delivery-details">
        {lines
          .filter(([, text]) => text !== undefined && text !== '' && text !== false)
          .map(([title, text]) => (
            <div key={title}>
              <dt>{title}</dt>
              <dd>{text}</dd>
            </div>
          ))}
      </dl>
      {status === 'failed' && !can.includes('send') && (
        <div className="fw-quiet">{t('deliveries.errors.flow_retries')}</div>
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
  if (!delivery.can.includes('send')) return null
  return (
    <Button size="small" loading={sending.isPending} onClick={() => sending.mutate()}>
      {t('deliveries.again')}
    </Button>
  )
}
