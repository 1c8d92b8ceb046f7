import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { App, Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { addProxy, endProxy, type GivenProxy, proxyQueries } from '@/api/proxies'
import { Attempt } from '@/api/request'
import { sessionQueries } from '@/api/session'
import { PeopleSelect } from '@/form/verbs/people-select'
import { explain } from '@/lib/problems/explain'
import { serverNow } from '@/lib/server-time'
import { moment } from '@/lib/time'
import { Ask } from '@/ui/ask'
import { Chip } from '@/ui/chip'
import { DayInput } from '@/ui/day-input'
import { Labelled } from '@/ui/labelled'
import { LabelledText } from '@/ui/labelled-text'
import { useFailureMessage } from '@/ui/use-failure-message'

/** Who decides for the person while he is away, and for whom he decides. */
export function Proxies() {
  const { t } = useTranslation()
  const { data: session } = useSuspenseQuery(sessionQueries.current())
  const { data: proxies } = useSuspenseQuery(proxyQueries.mine())
  const [adding, setAdding] = useState(false)
  return (
    <>
      <p className="fw-quiet">{t('proxies.help')}</p>
      {proxies.length > 0 && (
        <ul className="fw-session-list">
          {proxies.map((proxy) => (
            <ProxyLine key={proxy.id} proxy={proxy} mine={proxy.principal.id === session.user.id} />
          ))}
        </ul>
      )}
      <Button onClick={() => setAdding(true)}>{t('proxies.add')}</Button>
      {adding && <AddProxy onClose={() => setAdding(false)} />}
    </>
  )
}

function ProxyLine({ proxy, mine }: { proxy: GivenProxy; mine: boolean }) {
  const { t } = useTranslation()
  const { modal } = App.useApp()
  const client = useQueryClient()
  const fail = useFailureMessage()
  const ending = useMutation({
    mutationFn: () => endProxy(proxy.id),
    onSuccess: () => client.invalidateQueries({ queryKey: ['proxies'] }),
    onError: fail,
  })
  const past = Date.parse(proxy.end) <= serverNow()
  const tone = proxy.active ? 'good' : 'quiet'
  return (
    <li>
      <div>
        <div>
          {t(mine ? 'proxies.given' : 'proxies.taken', {
            name: mine ? proxy.to.name : proxy.principal.name,
          })}{' '}
          <Chip tone={tone}>
            {t(proxy.active ? 'proxies.active' : past ? 'proxies.past' : 'proxies.later')}
          </Chip>
        </div>
        <div className="fw-quiet">
          {moment(proxy.start)} – {moment(proxy.end)}
          {proxy.reason && ` · ${proxy.reason}`}
        </div>
      </div>
      {mine && !past && (
        <Button
          size="small"
          loading={ending.isPending}
          onClick={() =>
            modal.confirm({
              title: t('proxies.askEnd', { name: proxy.to.name }),
              okText: t('proxies.end'),
              cancelText: t('common.back'),
              onOk: () => ending.mutateAsync(),
            })
          }
        >
          {t('proxies.end')}
        </Button>
      )}
    </li>
  )
}

/** A day as the device shows it, as a local time that begins it. */
function dayStart(day: string, plus = 0): string {
  const at = new Date(`${day}T00:00:00`)
  at.setDate(at.getDate() + plus)
  return at.toISOString()
}

function today(): string {
  return new Intl.DateTimeFormat('sv-SE').format(new Date(serverNow()))
}

function AddProxy({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [to, setTo] = useState('')
  const [from, setFrom] = useState(today)
  const [until, setUntil] = useState(today)
  const [reason, setReason] = useState('')
  const [attempt] = useState(() => new Attempt())
  const adding = useMutation({
    mutationFn: () => {
      const words = reason.trim()
      const body = {
        to,
        start: dayStart(from),
        end: dayStart(until, 1),
        ...(words ? { reason: words } : {}),
      }
      return addProxy(body, attempt.keyFor(body))
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['proxies'] })
      onClose()
    },
  })
  const backwards = from !== '' && until !== '' && until < from
  return (
    <Ask
      title={t('proxies.add')}
      ok={t('proxies.add')}
      disabled={to === '' || from === '' || until === '' || backwards}
      busy={adding.isPending}
      onOk={() => adding.mutate()}
      onCancel={onClose}
    >
      <Labelled id="proxy-to" label={t('proxies.to')} required>
        <PeopleSelect
          id="proxy-to"
          several={false}
          value={to ? [to] : []}
          onChange={([chosen]) => setTo(chosen ?? '')}
        />
      </Labelled>
      <Labelled id="proxy-from" label={t('proxies.from')} required>
        <DayInput id="proxy-from" value={from} onChange={setFrom} />
      </Labelled>
      <Labelled
        id="proxy-until"
        label={t('proxies.until')}
        required
        problem={backwards ? t('proxies.backwards') : undefined}
      >
        <DayInput id="proxy-until" value={until} onChange={setUntil} />
      </Labelled>
      <LabelledText
        id="proxy-reason"
        label={t('proxies.reason')}
        problem={adding.error ? explain(adding.error) : undefined}
        maxLength={200}
        value={reason}
        onChange={setReason}
      />
    </Ask>
  )
}
