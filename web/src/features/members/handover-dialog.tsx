import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Alert, Button, Checkbox, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  type HandoverAnswer,
  type Holdings,
  handOver,
  type Member,
  memberQueries,
} from '@/api/members'
import { Attempt } from '@/api/request'
import { PeopleSelect } from '@/form/verbs/people-select'
import { explain, problemText } from '@/lib/problems/explain'
import { Boundary } from '@/ui/boundary'
import { Labelled } from '@/ui/labelled'
import { LabelledText } from '@/ui/labelled-text'
import { roleTitle } from './role-title'

interface HandoverDialogProps {
  member: Member
  /** The member is leaving: handing over is followed by disabling. */
  onDone: () => void
  onClose: () => void
}

/** What somebody who leaves holds, and to whom it goes: open tasks, roles, places where master data names him. */
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

interface Chosen {
  tasks: boolean
  roles: string[]
  references: string[]
}

function everything(held: Holdings): Chosen {
  return {
    tasks: held.taskCount > 0,
    roles: [],
    references: held.references.map(({ path }) => path),
  }
}

function Handover({ member, onDone, onClose }: HandoverDialogProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const { data: held } = useSuspenseQuery(memberQueries.holdings(member.user))
  const [chosen, setChosen] = useState(() => everything(held))
  const [to, setTo] = useState('')
  const [comment, setComment] = useState('')
  const [attempt] = useState(() => new Attempt())
  const handing = useMutation({
    mutationFn: () => {
      const words = comment.trim()
      const body = { to, ...chosen, ...(words ? { comment: words } : {}) }
      return handOver(member.user, body, attempt.keyFor(body))
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['members'] })
      await client.invalidateQueries({ queryKey: ['tasks'] })
    },
  })
  if (handing.data) return <Report answer={handing.data} onDone={onDone} onClose={onClose} />
  const nothing = held.taskCount === 0 && held.references.length === 0 && held.roles.length === 0
  if (nothing) {
    return (
      <>
        <NamedInFlows held={held} />
        <p>{t('handover.nothing')}</p>
        <Foot ok={t('members.disable')} onOk={onDone} onClose={onClose} />
      </>
    )
  }
  const empty = !chosen.tasks && chosen.roles.length === 0 && chosen.references.length === 0
  return (
    <>
      <NamedInFlows held={held} />
      <Held held={held} chosen={chosen} onChoose={setChosen} />
      <Labelled id="handover-to" label={t('handover.to')} required>
        <PeopleSelect
          id="handover-to"
          several={false}
          value={to ? [to] : []}
          onChange={([one]) => setTo(one ?? '')}
        />
      </Labelled>
      <LabelledText
        id="handover-comment"
        label={t('handover.comment')}
        maxLength={500}
        value={comment}
        onChange={setComment}
      />
      {handing.error && <Alert type="error" showIcon role="alert" title={explain(handing.error)} />}
      <Foot
        ok={t('handover.run')}
        busy={handing.isPending}
        disabled={to === '' || to === member.user || empty}
        onOk={() => handing.mutate()}
        onClose={onClose}
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

interface HeldProps {
  held: Holdings
  chosen: Chosen
  onChoose: (chosen: Chosen) => void
}

function Held({ held, chosen, onChoose }: HeldProps) {
  const { t } = useTranslation()
  const { data: roles } = useSuspenseQuery(memberQueries.roles())
  return (
    <>
      {held.taskCount > 0 && (
        <Labelled id="handover-tasks" label={t('handover.tasks')}>
          <Checkbox
            id="handover-tasks"
            checked={chosen.tasks}
            onChange={(event) => onChoose({ ...chosen, tasks: event.target.checked })}
          >
            {t('handover.openTasks', { count: held.taskCount })}
          </Checkbox>
        </Labelled>
      )}
      {held.references.length > 0 && (
        <div className="fw-labelled">
          <span id="handover-places" className="fw-label">
            {t('handover.places')}
          </span>
          <Checkbox.Group
            aria-labelledby="handover-places"
            style={{ display: 'grid', gap: 6 }}
            value={chosen.references}
            options={held.references.map((place) => ({
              value: place.path,
              label: t('handover.place', {
                entity: place.entityTitle,
                field: place.fieldTitle,
                count: place.count,
                names: place.records.map(({ name }) => name).join(t('form.comma')),
              }),
            }))}
            onChange={(references) => onChoose({ ...chosen, references })}
          />
        </div>
      )}
      {held.roles.length > 0 && (
        <div className="fw-labelled">
          <span id="handover-roles" className="fw-label">
            {t('handover.roles')}
          </span>
          <Checkbox.Group
            aria-labelledby="handover-roles"
            value={chosen.roles}
            options={held.roles.map((name) => ({ value: name, label: roleTitle(roles, name) }))}
            onChange={(names) => onChoose({ ...chosen, roles: names })}
          />
        </div>
      )}
    </>
  )
}

interface ReportProps {
  answer: HandoverAnswer
  onDone: () => void
  onClose: () => void
}

/** What was handed over, and what was not, with the reason. */
function Report({ answer, onDone, onClose }: ReportProps) {
  const { t } = useTranslation()
  const failed = answer.failed.length > 0
  return (
    <>
      <Alert
        type={failed ? 'warning' : 'success'}
        showIcon
        title={t('handover.done', { count: answer.done })}
        description={
          failed &&
          answer.failed.map((each) => (
            <div key={`${each.what}/${each.entity ?? ''}/${each.record ?? ''}/${each.name ?? ''}`}>
              {t(`handover.what.${each.what}`)} {each.name ?? each.record}: {problemText(each)}
            </div>
          ))
        }
      />
      <Foot ok={t('members.disable')} onOk={onDone} onClose={onClose} />
    </>
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
