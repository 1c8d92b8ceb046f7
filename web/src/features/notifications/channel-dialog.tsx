import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { Alert, Checkbox, Input, InputNumber, Modal, Radio, Select, Switch } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { flowQueries } from '@/api/flows'
import {
  type Channel,
  type ChannelInput,
  channelKinds,
  noticeKinds,
  notificationQueries,
  saveChannel,
} from '@/api/notifications'
import { ApiError } from '@/api/request'
import { languages, translateIfKnown } from '@/lib/i18n'
import { languageNames } from '@/lib/language-names'
import { explain, problemText } from '@/lib/problems/explain'
import { titleOf } from '@/lib/texts'
import { goToFirstProblem } from '@/ui/first-problem'
import { Labelled } from '@/ui/labelled'
import { LabelledPassword, LabelledText } from '@/ui/labelled-text'

interface ChannelDialogProps {
  /** Absent for a new one. */
  channel: Channel | undefined
  onClose: () => void
}

const ports = { tls: 465, starttls: 587, none: 25 } as const

function inputOf(channel: Channel | undefined): ChannelInput {
  if (!channel)
    return {
      id: '',
      rev: 0,
      name: '',
      kind: 'email',
      enabled: true,
      notices: ['task', 'returned', 'ended', 'cc', 'remind', 'mention'],
      lang: 'zh-CN',
      security: 'starttls',
      port: ports.starttls,
    }
  const { target: _target, hasSecret: _hasSecret, pausedUntil: _pausedUntil, ...rest } = channel
  return rest
}

type Change = (change: Partial<ChannelInput>) => void

interface PartProps {
  input: ChannelInput
  change: Change
  problems: Record<string, string>
  hasSecret: boolean
}

/** Sets a channel up: what kind, where to, what it tells, and how it words it. */
export function ChannelDialog({ channel, onClose }: ChannelDialogProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [input, setInput] = useState(() => inputOf(channel))
  const change: Change = (some) => setInput((old) => ({ ...old, ...some }))
  const saving = useMutation({
    mutationFn: () => saveChannel(input),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['channels'] })
      onClose()
    },
    onError: goToFirstProblem,
  })
  const problems: Record<string, string> = {}
  if (saving.error instanceof ApiError)
    for (const problem of saving.error.problems) problems[problem.field] = problemText(problem)
  const part = { input, change, problems, hasSecret: channel?.hasSecret ?? false }
  return (
    <Modal
      open
      width={560}
      title={channel ? t('channels.editOf', { name: channel.name }) : t('channels.add')}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      confirmLoading={saving.isPending}
      onOk={() => saving.mutate()}
      onCancel={onClose}
    >
      <LabelledText
        id="channel-name"
        label={t('channels.name')}
        required
        problem={problems['name']}
        help={t('channels.nameHelp')}
        value={input.name}
        onChange={(text) => change({ name: text })}
      />
      <Labelled id="channel-kind" label={t('channels.kind')}>
        <Select
          id="channel-kind"
          style={{ width: '100%' }}
          value={input.kind}
          disabled={channel !== undefined}
          options={channelKinds.map((kind) => ({
            value: kind,
            label: t(`channels.kinds.${kind}`),
          }))}
          onChange={(kind) => {
            saving.reset() // what was wrong with another kind says nothing of this one
            change({ kind })
          }}
        />
      </Labelled>
      {input.kind === 'email' ? <MailPart {...part} /> : <AddressPart {...part} />}
      <Notices {...part} />
      <OfFlows {...part} />
      <Wording {...part} />
      <Labelled id="channel-enabled" label={t('channels.enabled')}>
        <div>
          <Switch
            id="channel-enabled"
            checked={input.enabled}
            onChange={(enabled) => change({ enabled })}
          />
        </div>
      </Labelled>
      {saving.error && <Alert type="error" showIcon role="alert" title={explain(saving.error)} />}
    </Modal>
  )
}

function MailPart({ input, change, problems, hasSecret }: PartProps) {
  const { t } = useTranslation()
  return (
    <>
      <LabelledText
        id="channel-host"
        label={t('channels.host')}
        required
        problem={problems['host']}
        placeholder="smtp.example.com"
        value={input.host ?? ''}
        onChange={(text) => change({ host: text })}
      />
      <div className="fw-labelled">
        <span id="channel-security" className="fw-label">
          {t('channels.security')}
        </span>
        <Radio.Group
          aria-labelledby="channel-security"
          value={input.security ?? 'starttls'}
          options={(['starttls', 'tls', 'none'] as const).map((value) => ({
            value,
            label: t(`channels.securities.${value}`),
          }))}
          onChange={(event) => {
            const security: keyof typeof ports = event.target.value
            change({ security, port: ports[security] })
          }}
        />
        {problems['security'] && <div className="fw-problem">{problems['security']}</div>}
      </div>
      <Labelled id="channel-port" label={t('channels.port')} problem={problems['port']}>
        <InputNumber
          id="channel-port"
          min={1}
          max={65535}
          value={input.port ?? null}
          onChange={(port) => change({ port: port ?? 0 })}
        />
      </Labelled>
      <LabelledText
        id="channel-login"
        label={t('channels.login')}
        help={t('channels.loginHelp')}
        autoComplete="off"
        value={input.login ?? ''}
        onChange={(text) => change({ login: text })}
      />
      <LabelledPassword
        id="channel-secret"
        label={t('signIn.password')}
        problem={problems['secret']}
        help={hasSecret ? t('channels.secretStays') : undefined}
        autoComplete="new-password"
        value={input.secret ?? ''}
        onChange={(text) => change({ secret: text })}
      />
      <Labelled
        id="channel-from"
        label={t('channels.from')}
        required
        problem={problems['from']}
        help={t('channels.fromHelp')}
      >
        <Input
          id="channel-from"
          placeholder="Formwork <forms@example.com>"
          value={input.from ?? ''}
          onChange={(event) => change({ from: event.target.value })}
        />
      </Labelled>
    </>
  )
}

function AddressPart({ input, change, problems, hasSecret }: PartProps) {
  const { t } = useTranslation()
  const robot = input.kind !== 'webhook'
  const stays = hasSecret
    ? t('channels.secretStays')
    : t(`channels.secretHelp.${robot ? 'robot' : 'webhook'}`)
  return (
    <>
      <LabelledText
        id="channel-url"
        label={t('channels.url')}
        required
        problem={problems['url']}
        help={
          input.id ? t('channels.urlStays') : t(`channels.urlHelp.${robot ? 'robot' : 'webhook'}`)
        }
        placeholder="https://"
        autoComplete="off"
        value={input.url ?? ''}
        onChange={(text) => change({ url: text })}
      />
      {input.kind !== 'wecom' && (
        <LabelledPassword
          id="channel-secret"
          label={t('channels.secret')}
          required={!robot}
          problem={problems['secret']}
          help={stays}
          autoComplete="new-password"
          value={input.secret ?? ''}
          onChange={(text) => change({ secret: text })}
        />
      )}
      <Labelled id="channel-lang" label={t('channels.lang')}>
        <Select
          id="channel-lang"
          style={{ width: 160 }}
          value={input.lang ?? 'zh-CN'}
          options={languages.map((lang) => ({ value: lang, label: languageNames[lang] }))}
          onChange={(lang) => change({ lang })}
        />
      </Labelled>
      {(input.kind === 'wecom' || input.kind === 'dingtalk') && (
        <Checkbox
          className="fw-check-line"
          checked={input.mention ?? false}
          onChange={(event) => change({ mention: event.target.checked })}
        >
          {t('channels.mention')}
        </Checkbox>
      )}
    </>
  )
}

function Notices({ input, change }: PartProps) {
  const { t } = useTranslation()
  return (
    <div className="fw-labelled">
      <span id="channel-notices" className="fw-label">
        {t('channels.notices')}
      </span>
      <Checkbox.Group
        aria-labelledby="channel-notices"
        value={input.notices}
        options={noticeKinds.map((kind) => ({ value: kind, label: t(`notices.${kind}`) }))}
        onChange={(notices) => change({ notices })}
      />
    </div>
  )
}

/** Whose flows' messages go out; the names of flows that are gone stay as they are. */
function OfFlows({ input, change }: PartProps) {
  const { t } = useTranslation()
  const { data: flows } = useSuspenseQuery(flowQueries.all())
  return (
    <Labelled id="channel-flows" label={t('channels.flows')} help={t('channels.flowsHelp')}>
      <Select
        id="channel-flows"
        mode="multiple"
        style={{ width: '100%' }}
        allowClear
        optionFilterProp="label"
        placeholder={t('channels.allFlows')}
        value={input.flows ?? []}
        options={flows
          .filter((flow) => !flow.new)
          .map((flow) => ({ value: flow.name, label: titleOf(flow) }))}
        onChange={(names) => change({ flows: names })}
      />
    </Labelled>
  )
}

function Wording({ input, change, problems }: PartProps) {
  const { t } = useTranslation()
  const { data } = useSuspenseQuery(notificationQueries.channels())
  const own = Boolean(input.subject || input.body)
  const [open, setOpen] = useState(own)
  const placeholders = t('channels.placeholders', {
    names: data.placeholders
      .map((name) =>
        [`{${name}}`, translateIfKnown(`channels.placeholder.${name}`)].filter(Boolean).join(' '),
      )
      .join(t('channels.comma')),
  })
  return (
    <>
      <Checkbox
        className="fw-check-line"
        checked={open}
        onChange={(event) => {
          setOpen(event.target.checked)
          if (!event.target.checked) change({ subject: '', body: '' })
        }}
      >
        {t('channels.ownWording')}
      </Checkbox>
      {open && (
        <>
          <LabelledText
            id="channel-subject"
            label={t('channels.subject')}
            problem={problems['subject']}
            value={input.subject ?? ''}
            onChange={(text) => change({ subject: text })}
          />
          <Labelled
            id="channel-body"
            label={t('channels.body')}
            problem={problems['body'] && `${problems['body']} ${placeholders}`}
            help={placeholders}
          >
            <Input.TextArea
              id="channel-body"
              rows={5}
              value={input.body ?? ''}
              onChange={(event) => change({ body: event.target.value })}
            />
          </Labelled>
        </>
      )}
    </>
  )
}
