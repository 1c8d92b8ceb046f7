import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Alert, Button, Modal } from 'antd'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  type HandedKind,
  type HandoverAnswer,
  type Holdings,
  handOver,
  type Member,
  memberQueries,
} from '@/api/members'
import { Attempt } from '@/api/request'
import { PeopleSelect } from '@/form/verbs/people-select'
import { explain, problemText } from '@/lib/problems/explain'
import { moment } from '@/lib/time'
import { Boundary } from '@/ui/boundary'
import { Labelled } from '@/ui/labelled'
import { LabelledText } from '@/ui/labelled-text'
import { type Chosen, Held, isEmpty, usual } from './handover-held'
import { roleTitle } from './role-title'

interface HandoverDialogProps {
  member: Member
  /** The member is leaving: handing over is followed by disabling. */
  onDone: () => void
  onClose: () => void
}

/**
 * What somebody who leaves holds, and to whom it goes: open tasks, roles, places where master data names him, proxies.
 * First it is chosen, then said once more what will happen, then told what came of it.
 */
export function HandoverDialog(props: HandoverDialogProps) {
  const { t } = useTranslation()
  return (
    <Modal
      open
      width={560}
      footer={null}
      title={t('handover.title', { name: props.member.name })}
      onCancel={props.onClose}
    >
      <Boundary>
        <Handover {...props} />
      </Boundary>
    </Modal>
  )
}

/** What is going to be done: to whom, what, and why. */
interface Plan {
  to: string
  chosen: Chosen
  comment: string
}

function Handover({ member, onDone, onClose }: HandoverDialogProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const { data: held } = useSuspenseQuery(memberQueries.holdings(member.user))
  const [plan, setPlan] = useState<Plan>(() => ({ to: '', chosen: usual(held), comment: '' }))
  const [sure, setSure] = useState(false)
  const [attempt] = useState(() => new Attempt())
  const handing = useMutation({
    mutationFn: () => {
      const words = plan.comment.trim()
      const body = { to: plan.to, ...plan.chosen, ...(words ? { comment: words } : {}) }
      return handOver(member.user, body, attempt.keyFor(body))
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['members'] })
      await client.invalidateQueries({ queryKey: ['tasks'] })
    },
  })
  // What he held stays to be read in the report, though the list says by now that he holds nothing.
  const [before] = useState(held)
  const ok = t(member.disabled ? 'monitor.close' : 'members.disable')
  if (handing.data) {
    return (
      <Report held={before} answer={handing.data}>
        <Foot ok={ok} onOk={onDone} onClose={onClose} />
      </Report>
    )
  }
  const nothing =
    held.taskCount + held.references.length + held.roles.length + held.proxies.length === 0
  if (nothing) {
    return (
      <>
        <NamedInFlows held={held} />
        <p>{t('handover.nothing')}</p>
        <Foot ok={ok} onOk={onDone} onClose={onClose} />
      </>
    )
  }
  if (sure) {
    return (
      <>
        <Consequences member={member} held={held} plan={plan} />
        {handing.error && (
          <Alert type="error" showIcon role="alert" title={explain(handing.error)} />
        )}
        <Foot
          ok={t('handover.run')}
          busy={handing.isPending}
          onOk={() => handing.mutate()}
          onClose={() => setSure(false)}
        />
      </>
    )
  }
  return (
    <>
      <NamedInFlows held={held} />
      <Choice held={held} plan={plan} onPlan={setPlan} />
      {plan.to === member.user && <Alert type="warning" showIcon title={t('errors.self_target')} />}
      <Foot
        ok={t('handover.look')}
        disabled={plan.to === '' || plan.to === member.user || isEmpty(plan.chosen)}
        onOk={() => setSure(true)}
        onClose={onClose}
      />
    </>
  )
}

interface ChoiceProps {
  held: Holdings
  plan: Plan
  onPlan: (plan: Plan) => void
}

function Choice({ held, plan, onPlan }: ChoiceProps) {
  const { t } = useTranslation()
  return (
    <>
      <Labelled id="handover-to" label={t('handover.to')} required>
        <PeopleSelect
          id="handover-to"
          several={false}
          value={plan.to ? [plan.to] : []}
          onChange={([one]) => onPlan({ ...plan, to: one ?? '' })}
        />
      </Labelled>
      <Held held={held} chosen={plan.chosen} onChoose={(chosen) => onPlan({ ...plan, chosen })} />
      <LabelledText
        id="handover-comment"
        label={t('handover.comment')}
        maxLength={500}
        value={plan.comment}
        onChange={(comment) => onPlan({ ...plan, comment })}
      />
    </>
  )
}

/** What will happen, and what of it cannot be taken back. */
function Consequences({ member, held, plan }: { member: Member; held: Holdings; plan: Plan }) {
  const { t } = useTranslation()
  const { data: members } = useSuspenseQuery(memberQueries.all())
  const { data: roles } = useSuspenseQuery(memberQueries.roles())
  const to = members.find(({ user }) => user === plan.to)?.name ?? plan.to
  const { name } = member
  const { chosen } = plan
  const places = held.references.filter(({ path }) => chosen.references.includes(path))
  return (
    <>
      <p>{t('handover.willDo')}</p>
      <ul className="fw-held">
        {chosen.tasks && <li>{t('handover.willTasks', { count: held.taskCount, to })}</li>}
        {places.map((place) => (
          <li key={place.path}>
            {t('handover.willPlace', {
              entity: place.entityTitle,
              field: place.fieldTitle,
              count: place.count,
              to,
            })}
          </li>
        ))}
        {chosen.roles.map((role) => (
          <li key={role}>{t('handover.willRole', { role: roleTitle(roles, role), to, name })}</li>
        ))}
        {chosen.proxies && <li>{t('handover.willProxies', { count: held.proxies.length })}</li>}
      </ul>
      <Alert
        type="warning"
        showIcon
        title={t('handover.noUndo')}
        description={t('handover.noUndoHelp', { name, to })}
      />
    </>
  )
}

/** Flows that name him cannot be handed over: whoever edits them puts somebody else there. */
function NamedInFlows({ held }: { held: Holdings }) {
  const { t } = useTranslation()
  if (held.flows.length === 0) return null
  return (
    <Alert
      type="warning"
      showIcon
      style={{ marginBottom: 12 }}
      title={t('handover.flows')}
      description={held.flows.map((flow, at) => (
        <span key={flow.id}>
          {at > 0 && t('form.comma')}
          <Link to="/flows/$name" params={{ name: flow.id }}>
            {flow.name}
          </Link>
        </span>
      ))}
    />
  )
}

const kinds: readonly HandedKind[] = ['task', 'reference', 'role', 'proxy']

interface ReportProps {
  held: Holdings
  answer: HandoverAnswer
  /** What to do next. */
  children: ReactNode
}

/** What was handed over, and what was not, with the reason and the way to it. */
function Report({ held, answer, children }: ReportProps) {
  const { t } = useTranslation()
  const failed = answer.failed.length > 0
  return (
    <>
      <Alert
        type={failed ? 'warning' : 'success'}
        showIcon
        title={t('handover.done', { count: answer.done })}
        description={kinds
          .filter((kind) => answer.given[kind])
          .map((kind) => t(`handover.given.${kind}`, { count: answer.given[kind] ?? 0 }))
          .join(t('form.comma'))}
      />
      {failed && (
        <>
          <p>{t('handover.notDone', { count: answer.failed.length })}</p>
          <ul className="fw-held">
            {answer.failed.map((each) => (
              <li key={`${each.what}/${each.entity ?? ''}/${each.record ?? ''}/${each.name ?? ''}`}>
                {t(`handover.what.${each.what}`)} <FailedOne held={held} failed={each} />
                {t('form.colon')}
                {problemText(each)}
              </li>
            ))}
          </ul>
        </>
      )}
      {children}
    </>
  )
}

/** What was not handed over, by the name people know it by. */
function FailedOne({ held, failed }: { held: Holdings; failed: HandoverAnswer['failed'][number] }) {
  const { t } = useTranslation()
  const { data: roles } = useSuspenseQuery(memberQueries.roles())
  const { what, entity, record, name } = failed
  if (what === 'role') return roleTitle(roles, name ?? '')
  if (what === 'proxy') {
    const proxy = held.proxies.find(({ id }) => id === record)
    return proxy
      ? t('handover.proxy', {
          principal: proxy.principal.name,
          to: proxy.to.name,
          end: moment(proxy.end),
        })
      : record
  }
  const place = held.references.find(({ path }) => path === name)
  const title =
    what === 'task'
      ? held.tasks.find((task) => task.entity === entity && task.record === record)?.subject
      : place?.records.find(({ id }) => id === record)?.name
  const text = title || record || name
  if (!entity || !record) return text
  return (
    <Link to="/e/$entity/r/$id" params={{ entity, id: record }} target="_blank">
      {text}
    </Link>
  )
}

interface FootProps {
  ok: string
  busy?: boolean
  disabled?: boolean
  onOk: () => void
  onClose: () => void
}

function Foot({ ok, busy = false, disabled = false, onOk, onClose }: FootProps) {
  const { t } = useTranslation()
  return (
    <div style={{ display: 'flex', justifyContent: 'flex-end', gap: 8, marginTop: 16 }}>
      <Button onClick={onClose}>{t('common.back')}</Button>
      <Button type="primary" loading={busy} disabled={disabled} onClick={onOk}>
        {ok}
      </Button>
    </div>
  )
}
