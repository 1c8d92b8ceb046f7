import { PlusOutlined } from '@ant-design/icons'
import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { App, Button, Input, Table } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  changeMember,
  type Member,
  type MemberPatch,
  memberQueries,
  resetPassword,
} from '@/api/members'
import { Attempt } from '@/api/request'
import { Chip } from '@/ui/chip'
import { Nothing } from '@/ui/nothing'
import { Page } from '@/ui/page'
import { useFailureMessage } from '@/ui/use-failure-message'
import { usePhone } from '@/ui/use-phone'
import { EditMember } from './edit-member'
import { HandoverDialog } from './handover-dialog'
import { NewMemberDialog } from './new-member-dialog'
import { PasswordOnce, type ShownPassword } from './password-once'
import { roleTitle } from './role-title'

/** The people of the company: who they are, what they may do, and whether they may come in. */
export function MembersPage() {
  const { t } = useTranslation()
  const { data: members } = useSuspenseQuery(memberQueries.all())
  const [typed, setTyped] = useState('')
  const [adding, setAdding] = useState(false)
  const [edited, setEdited] = useState<Member | undefined>()
  const [leaving, setLeaving] = useState<string | undefined>()
  const [password, setPassword] = useState<ShownPassword | undefined>()
  const commands = useMemberCommands(setPassword)
  const goer = members.find((member) => member.user === leaving)
  const q = typed.trim().toLowerCase()
  const found = members.filter((member) =>
    `${member.name} ${member.account.login}`.toLowerCase().includes(q),
  )
  return (
    <Page
      title={t('members.title')}
      note={<span className="fw-quiet">{t('members.count', { count: members.length })}</span>}
      actions={
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>
          {t('members.add')}
        </Button>
      }
    >
      <Input.Search
        allowClear
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        placeholder={t('members.search')}
        aria-label={t('members.search')}
        style={{ maxWidth: 320, marginBottom: 12 }}
      />
      {found.length === 0 ? (
        <Nothing text={t('common.nothingFound')} />
      ) : (
        <MemberList
          members={found}
          commands={commands}
          onEdit={setEdited}
          onLeave={(member) => setLeaving(member.user)}
        />
      )}
      {adding && (
        <NewMemberDialog
          onClose={() => setAdding(false)}
          onAdded={(shown) => {
            setAdding(false)
            setPassword(shown)
          }}
        />
      )}
      {edited && (
        <EditMember member={edited} onClose={() => setEdited(undefined)} onSave={commands.change} />
      )}
      {goer && (
        <HandoverDialog
          member={goer}
          onDone={() => {
            setLeaving(undefined)
            if (!goer.disabled)
              void commands.change(goer, { disabled: true }).catch(() => undefined)
          }}
          onClose={() => setLeaving(undefined)}
        />
      )}
      {password && <PasswordOnce shown={password} onClose={() => setPassword(undefined)} />}
    </Page>
  )
}

interface MemberCommands {
  change: (member: Member, patch: MemberPatch) => Promise<void>
  toggle: (member: Member) => void
  reset: (member: Member) => void
}

function useMemberCommands(onPassword: (shown: ShownPassword) => void): MemberCommands {
  const { t } = useTranslation()
  const { modal } = App.useApp()
  const client = useQueryClient()
  const fail = useFailureMessage()
  const [attempt] = useState(() => new Attempt())
  const changing = useMutation({
    mutationFn: ({ member, patch }: { member: Member; patch: MemberPatch }) =>
      changeMember(member, patch),
    onSuccess: () => client.invalidateQueries({ queryKey: ['members'] }),
    onError: fail,
  })
  const resetting = useMutation({
    mutationFn: (member: Member) => resetPassword(member.user, attempt.keyFor(member.user)),
    onSuccess: (answer, member) => {
      attempt.done()
      onPassword({
        name: member.name,
        login: member.account.login,
        password: answer.password ?? '',
      })
    },
    onError: fail,
  })
  return {
    change: async (member, patch) => {
      await changing.mutateAsync({ member, patch })
    },
    toggle: (member) => {
      if (member.disabled) return changing.mutate({ member, patch: { disabled: false } })
      void modal.confirm({
        title: t('members.askDisable', { name: member.name }),
        content: t('members.askDisableHelp'),
        okText: t('members.disable'),
        okButtonProps: { danger: true },
        onOk: () => changing.mutate({ member, patch: { disabled: true } }),
      })
    },
    reset: (member) =>
      void modal.confirm({
        title: t('members.askReset', { name: member.name }),
        content: t('members.askResetHelp'),
        okText: t('members.reset'),
        onOk: () => resetting.mutateAsync(member).catch(() => undefined),
      }),
  }
}

interface MemberListProps {
  members: Member[]
  commands: MemberCommands
  onEdit: (member: Member) => void
  onLeave: (member: Member) => void
}

function MemberList({ members, commands, onEdit, onLeave }: MemberListProps) {
  const { t } = useTranslation()
  const phone = usePhone()
  const { data: roles } = useSuspenseQuery(memberQueries.roles())
  const buttons = (member: Member) => (
    <span style={{ display: 'flex', flexWrap: 'wrap', gap: 4 }}>
      <Button size="small" onClick={() => onEdit(member)}>
        {t('members.edit')}
      </Button>
      <Button size="small" onClick={() => commands.reset(member)}>
        {t('members.reset')}
      </Button>
      <Button size="small" onClick={() => onLeave(member)}>
        {t('handover.button')}
      </Button>
      <Button size="small" danger={!member.disabled} onClick={() => commands.toggle(member)}>
        {t(member.disabled ? 'members.enable' : 'members.disable')}
      </Button>
    </span>
  )
  const tags = (member: Member) => (
    <>
      {member.disabled && <Chip tone="bad">{t('members.disabled')}</Chip>}
      {member.roles.map((role) => (
        <Chip key={role}>{roleTitle(roles, role)}</Chip>
      ))}
    </>
  )
  if (phone) {
    return (
      <ul className="fw-session-list">
        {members.map((member) => (
          <li key={member.user} style={{ flexDirection: 'column', alignItems: 'stretch' }}>
            <strong>
              {member.name} <span className="fw-quiet">{member.account.login}</span>
            </strong>
            <span>{tags(member)}</span>
            {buttons(member)}
          </li>
        ))}
      </ul>
    )
  }
  return (
    <Table<Member>
      size="small"
      rowKey="user"
      pagination={false}
      dataSource={members}
      columns={[
        { title: t('members.name'), dataIndex: 'name' },
        { title: t('signIn.login'), render: (_, member) => member.account.login },
        { title: t('members.roles'), render: (_, member) => tags(member) },
        { title: t('members.actions'), render: (_, member) => buttons(member) },
      ]}
    />
  )
}
