import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Alert, App, Button, Table, Typography } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { FlowDetail } from '@/api/flows'
import { type Hook, hookQueries, type PastCall, renewSecret } from '@/api/hooks'
import { translateIfKnown } from '@/lib/i18n'
import { moment } from '@/lib/time'
import { Ask } from '@/ui/ask'
import { Chip } from '@/ui/chip'
import { Nothing } from '@/ui/nothing'
import { useFailureMessage } from '@/ui/use-failure-message'

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
      <Calls calls={hook.calls} />
    </section>
  )
}

function HookAddress({ hook }: { hook: Hook }) {
  const { t } = useTranslation()
  const { modal } = App.useApp()
  const client = useQueryClient()
  const fail = useFailureMessage()
  const [asking, setAsking] = useState(false)
  const renewing = useMutation({
    mutationFn: () => renewSecret(hook.name),
    onSuccess: async ({ secret }) => {
      setAsking(false)
      modal.warning({
        title: t('hooks.secretOf', { name: hook.name }),
        width: 520,
        okText: t('hooks.noted'),
        content: (
          <>
            <p>{t('hooks.secretOnce')}</p>
            <Typography.Text code copyable className="fw-hook-code">
              {secret}
            </Typography.Text>
          </>
        ),
      })
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
        <Alert className="fw-note" type="warning" showIcon title={t('hooks.needsSecret')} />
      )}
      {hook.sealed && <Alert className="fw-note" type="error" showIcon title={t('hooks.sealed')} />}
      <Button
        type={hook.since ? 'default' : 'primary'}
        loading={renewing.isPending && !asking}
        onClick={() => (hook.since ? setAsking(true) : renewing.mutate())}
      >
        {t(hook.since ? 'hooks.renew' : 'hooks.create')}
      </Button>
      <p className="fw-quiet">{t('hooks.help')}</p>
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
  if (calls.length === 0) return <Nothing text={t('hooks.noCalls')} />
  return (
    <Table<PastCall>
      size="small"
      rowKey={(call) => `${call.at}/${call.id}/${call.code ?? ''}`}
      pagination={false}
      scroll={{ x: 'max-content' }}
      dataSource={[...calls]}
      columns={[
        { title: t('hooks.at'), render: (_, call) => moment(call.at) },
        {
          title: t('hooks.result'),
          render: (_, call) =>
            call.code ? (
              <Chip tone="bad">
                {translateIfKnown(`hooks.refused.${call.code}`) ??
                  translateIfKnown(`errors.${call.code}`) ??
                  call.code}
              </Chip>
            ) : (
              <Chip tone="good">{t('hooks.accepted')}</Chip>
            ),
        },
        { title: t('hooks.id'), dataIndex: 'id' },
        {
          title: t('hooks.run'),
          render: (_, call) =>
            call.run && (
              <Link to="/e/$entity/r/$id" params={{ entity: 'flow_run', id: call.run }}>
                {t('hooks.open')}
              </Link>
            ),
        },
      ]}
    />
  )
}
