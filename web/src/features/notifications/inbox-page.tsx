import './notifications.css'
import { useMutation, useQueryClient, useSuspenseInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { type InboxMessage, notificationQueries, readAll } from '@/api/notifications'
import { fromNow } from '@/lib/time'
import { Chip, type Tone } from '@/ui/chip'
import { Nothing } from '@/ui/nothing'
import { Page } from '@/ui/page'
import { useNow } from '@/ui/use-now'

const tones: Record<string, Tone> = {
  ended: 'good',
  remind: 'warn',
  incident: 'bad',
  mention: 'info',
}

/** What the person was told in the app. Looking at the page is reading it; what was new stays marked until he leaves. */
export function InboxPage() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const inbox = useSuspenseInfiniteQuery(notificationQueries.inbox())
  const reading = useMutation({
    mutationFn: readAll,
    onSuccess: () => client.setQueryData(notificationQueries.unread().queryKey, 0),
  })
  const unread = inbox.data.pages[0]?.unread ?? 0
  const { mutate } = reading
  useEffect(() => {
    if (unread > 0) mutate()
  }, [unread, mutate])
  const messages = inbox.data.pages.flatMap((page) => page.messages)
  return (
    <Page narrow title={t('inbox.title')}>
      {messages.length === 0 ? (
        <Nothing text={t('inbox.none')} />
      ) : (
        <ul className="fw-inbox">
          {messages.map((message) => (
            <Message key={message.id} message={message} />
          ))}
        </ul>
      )}
      {inbox.hasNextPage && (
        <Button block loading={inbox.isFetchingNextPage} onClick={() => void inbox.fetchNextPage()}>
          {t('common.more')}
        </Button>
      )}
    </Page>
  )
}

function Message({ message }: { message: InboxMessage }) {
  const { t } = useTranslation()
  const now = useNow()
  return (
    <li className={message.unread ? 'fw-message fw-message-new' : 'fw-message'}>
      <div className="fw-message-head">
        <Chip tone={tones[message.kind] ?? 'quiet'}>{t(`notices.${message.kind}`)}</Chip>
        {message.unread && <span className="fw-message-dot">{t('inbox.new')}</span>}
        <time className="fw-quiet" dateTime={message.at}>
          {fromNow(message.at, now)}
        </time>
      </div>
      <p className="fw-message-text">{message.text}</p>
      {message.lines.map((line) => (
        <p key={line} className="fw-quiet fw-message-line">
          {line}
        </p>
      ))}
      <MessageLink message={message} />
    </li>
  )
}

/** The way to what a message is about, the shortest one; a finger may press anywhere on the message. */
function MessageLink({ message: { entity, record, task, kind } }: { message: InboxMessage }) {
  const { t } = useTranslation()
  if (task) {
    return (
      <Link className="fw-message-open" to="/tasks/$id" params={{ id: task }}>
        {t(kind === 'task' || kind === 'remind' ? 'inbox.openTask' : 'inbox.open')}
      </Link>
    )
  }
  if (!entity || !record) return null
  return (
    <Link className="fw-message-open" to="/e/$entity/r/$id" params={{ entity, id: record }}>
      {t('inbox.open')}
    </Link>
  )
}
