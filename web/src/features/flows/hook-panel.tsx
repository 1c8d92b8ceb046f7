import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Alert, Button, Table, Typography } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { FlowDetail } from '@/api/flows'
import { type Hook, hookQueries, type PastCall, renewSecret } from '@/api/hooks'
import { translateIfKnown } from '@/lib/i18n'
import { moment } from '@/lib/time'
import { Ask } from '@/ui/ask'
import { Chip } from '@/ui/chip'
import { Nothing } from '@/ui/nothing'
import { RowCard } from '@/ui/row-card'
import { ShownOnce } from '@/ui/shown-once'
import { useFailureMessage } from '@/ui/use-failure-message'
import { usePhone } from '@/ui/use-phone'

const apart = { marginBottom: 12 }

/** Where the flow is called from outside, with which secret, and what came of the last calls. */
export function HookPanel({ flow }: { flow: FlowDetail }) {
  const { t } = useTranslation()
  const { data: hooks } = useSuspenseQuery(hookQueries.all())
  const hook = hooks.find((each) => each.flow === flow.name)
  if (!hook) return <Nothing text={t('hooks.unpublished')} />
  return (
    <section className="fw-card" aria-label={t('flows.tabs.hook')}>
      <HookAddress hook={hook} />
      <h2>{t('hooks.calls')}</h2>
      <p className="fw-quiet">{t('hooks.callsHelp')}</p>
      <Calls calls={hook.calls} />
    </section>
  )
}

function HookAddress({ hook }: { hook: Hook }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const fail = useFailureMessage()
  const [asking, setAsking] = useState(false)
  const [secret, setSecret] = useState('')
  const renewing = useMutation({
    mutationFn: () => renewSecret(hook.name),
    onSuccess: async (made) => {
      setAsking(false)
      setSecret(made.secret)
      await client.invalidateQueries({ queryKey: ['hooks'] })
    },
    onError: fail,
  })
  return (
    <>
      <dl className="fw-hook">
        <dt>{t('hooks.address')}</dt>
        <dd>
          <Typography.Text code copyable className="fw-hook-code">
            {`${location.origin}${hook.path}`}
          </Typography.Text>
        </dd>
        <dt>{t('hooks.secret')}</dt>
        <dd>{hook.since ? t('hooks.since', { time: moment(hook.since) }) : t('hooks.noSecret')}</dd>
      </dl>
      {!hook.since && (
        <Alert style={apart} type="warning" showIcon title={t('hooks.needsSecret')} />
      )}
      {hook.sealed && <Alert style={apart} type="error" showIcon title={t('hooks.sealed')} />}
      <Button
        type={hook.since ? 'default' : 'primary'}
        loading={renewing.isPending && !asking}
        onClick={() => (hook.since ? setAsking(true) : renewing.mutate())}
      >
        {t(hook.since ? 'hooks.renew' : 'hooks.create')}
      </Button>
      <p className="fw-quiet">{t('hooks.help')}</p>
      {secret && (
        <ShownOnce
          title={t('hooks.secretOf', { name: hook.name })}
          warning={t('hooks.secretOnce')}
          onClose={() => setSecret('')}
        >
          <Typography.Text code copyable className="fw-hook-code">
            {secret}
          </Typography.Text>
        </ShownOnce>
      )}
      {asking && (
        <Ask
          title={t('hooks.askRenew', { name: hook.name })}
          ok={t('hooks.renew')}
          danger
          busy={renewing.isPending}
          onOk={() => renewing.mutate()}
          onCancel={() => setAsking(false)}
        >
          <p>{t('hooks.renewHelp')}</p>
        </Ask>
      )}
    </>
  )
}

function Calls({ calls }: { calls: readonly PastCall[] }) {
  const { t } = useTranslation()
  const phone = usePhone()
  if (calls.length === 0) return <Nothing text={t('hooks.noCalls')} />
  if (phone) {
    return (
      <ul className="fw-row-cards">
        {calls.map((call) => (
          <RowCard
            key={keyOf(call)}
            head={moment(call.at)}
            mark={<Outcome call={call} />}
            lines={[
              { title: t('hooks.id'), text: call.id },
              { title: t('hooks.run'), text: call.run && <ToRun run={call.run} /> },
            ]}
          >
            <Sent call={call} />
          </RowCard>
        ))}
      </ul>
    )
  }
  return (
    <Table<PastCall>
      size="small"
      rowKey={keyOf}
      pagination={false}
      scroll={{ x: 'max-content' }}
      dataSource={[...calls]}
      expandable={{
        rowExpandable: ({ code, body }) => code !== undefined || body !== undefined,
        expandedRowRender: (call) => <Sent call={call} />,
      }}
      columns={[
        { title: t('hooks.at'), render: (_, call) => moment(call.at) },
        { title: t('hooks.result'), render: (_, call) => <Outcome call={call} /> },
        { title: t('hooks.id'), dataIndex: 'id' },
        { title: t('hooks.run'), render: (_, call) => call.run && <ToRun run={call.run} /> },
      ]}
    />
  )
}

/** A caller may use an id twice, and be refused and accepted within a second. */
function keyOf({ at, id, code, run }: PastCall): string {
  return [at, id, code ?? run].join('/')
}

/** What a call sent, and what to do about a refusal. */
function Sent({ call: { body, code } }: { call: PastCall }) {
  const { t } = useTranslation()
  const help = code && translateIfKnown(`hooks.mend.${code}`)
  return (
    <>
      {help && <div>{help}</div>}
      {body ? (
        <pre className="fw-hook-body">{pretty(body)}</pre>
      ) : (
        <div className="fw-quiet">{t('hooks.noBody')}</div>
      )}
    </>
  )
}

/** A body laid out for reading; one that was cut stands as it is. */
function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}

function Outcome({ call: { code, replay } }: { call: PastCall }) {
  const { t } = useTranslation()
  if (replay) return <Chip>{t('hooks.replayed')}</Chip>
  if (!code) return <Chip tone="good">{t('hooks.accepted')}</Chip>
  return (
    <Chip tone="bad">
      {translateIfKnown(`hooks.refused.${code}`) ?? translateIfKnown(`errors.${code}`) ?? code}
    </Chip>
  )
}

function ToRun({ run }: { run: string }) {
  const { t } = useTranslation()
  return (
    <Link to="/e/$entity/r/$id" params={{ entity: 'flow_run', id: run }}>
      {t('hooks.open')}
    </Link>
  )
}
