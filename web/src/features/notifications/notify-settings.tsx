import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { Alert, App, Button, Checkbox, Radio, Switch } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  type NotifySetting,
  noticeKinds,
  notificationQueries,
  saveSetting,
} from '@/api/notifications'
import { ApiError } from '@/api/request'
import { explain, problemText } from '@/lib/problems/explain'
import { Labelled } from '@/ui/labelled'
import { NativeDate } from '@/ui/native-date'

/** How the person wants to be told by mail: of what, how soon, and when not. */
export function NotifySettings() {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const client = useQueryClient()
  const { data } = useSuspenseQuery(notificationQueries.setting())
  const [setting, setSetting] = useState(data)
  const change = (some: Partial<NotifySetting>) => setSetting((old) => ({ ...old, ...some }))
  const saving = useMutation({
    mutationFn: () => {
      const { address: _address, ...body } = setting
      return saveSetting(body)
    },
    onSuccess: (saved) => {
      client.setQueryData(notificationQueries.setting().queryKey, saved)
      void message.success(t('notify.saved'))
    },
  })
  const problems: Record<string, string> = {}
  if (saving.error instanceof ApiError)
    for (const problem of saving.error.problems) problems[problem.field] = problemText(problem)
  return (
    <>
      <p className="fw-quiet">
        {data.address ? t('notify.address', { address: data.address }) : t('notify.noAddress')}
      </p>
      <Labelled id="notify-email" label={t('notify.email')}>
        <div>
          <Switch
            id="notify-email"
            checked={setting.email}
            onChange={(email) => change({ email })}
          />
        </div>
      </Labelled>
      {setting.email && <When setting={setting} change={change} problems={problems} />}
      {saving.error && (
        <Alert
          type="error"
          showIcon
          role="alert"
          title={explain(saving.error)}
          style={{ marginBottom: 14 }}
        />
      )}
      <Button type="primary" loading={saving.isPending} onClick={() => saving.mutate()}>
        {t('common.save')}
      </Button>
    </>
  )
}

interface WhenProps {
  setting: NotifySetting
  change: (some: Partial<NotifySetting>) => void
  problems: Record<string, string>
}

function When({ setting, change, problems }: WhenProps) {
  const { t } = useTranslation()
  return (
    <>
      <div className="fw-labelled">
        <span id="notify-kinds" className="fw-label">
          {t('notify.kinds')}
        </span>
        <Checkbox.Group
          aria-labelledby="notify-kinds"
          value={noticeKinds.filter((kind) => !setting.off.includes(kind))}
          options={noticeKinds.map((kind) => ({ value: kind, label: t(`notices.${kind}`) }))}
          onChange={(on) => change({ off: noticeKinds.filter((kind) => !on.includes(kind)) })}
        />
      </div>
      <div className="fw-labelled">
        <span id="notify-digest" className="fw-label">
          {t('notify.digest')}
        </span>
        <Radio.Group
          aria-labelledby="notify-digest"
          value={setting.digest}
          options={(['now', 'hourly', 'daily'] as const).map((value) => ({
            value,
            label: t(`notify.digests.${value}`),
          }))}
          onChange={(event) => change({ digest: event.target.value })}
        />
      </div>
      {setting.digest === 'daily' && (
        <Clock
          id="notify-at"
          label={t('notify.at')}
          value={setting.at}
          problem={problems['at']}
          onChange={(at) => change({ at })}
        />
      )}
      <div style={{ display: 'flex', gap: 12 }}>
        <Clock
          id="notify-quiet-from"
          label={t('notify.quietFrom')}
          value={setting.quietFrom}
          problem={problems['quietFrom']}
          onChange={(quietFrom) => change({ quietFrom })}
        />
        <Clock
          id="notify-quiet-to"
          label={t('notify.quietTo')}
          value={setting.quietTo}
          problem={problems['quietTo']}
          onChange={(quietTo) => change({ quietTo })}
        />
      </div>
    </>
  )
}

interface ClockProps {
  id: string
  label: string
  value: string | undefined
  problem: string | undefined
  onChange: (value: string) => void
}

function Clock({ id, label, value, problem, onChange }: ClockProps) {
  return (
    <Labelled id={id} label={label} problem={problem}>
      <NativeDate
        id={id}
        type="time"
        style={{ width: 140 }}
        {...(problem ? { 'aria-describedby': `${id}-note` } : {})}
        value={value ?? ''}
        onChange={onChange}
      />
    </Labelled>
  )
}
