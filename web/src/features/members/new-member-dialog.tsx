import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { addMember } from '@/api/members'
import { Attempt } from '@/api/request'
import { explain } from '@/lib/problems/explain'
import { Labelled } from '@/ui/labelled'
import { LabelledText } from '@/ui/labelled-text'
import type { ShownPassword } from './password-once'
import { RoleSelect } from './role-select'

interface NewMemberDialogProps {
  onClose: () => void
  onAdded: (shown: ShownPassword) => void
}

/** Adds a person; the server makes his first password. */
export function NewMemberDialog({ onClose, onAdded }: NewMemberDialogProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [login, setLogin] = useState('')
  const [email, setEmail] = useState('')
  const [roles, setRoles] = useState<string[]>([])
  const [attempt] = useState(() => new Attempt())
  const adding = useMutation({
    mutationFn: () => {
      const address = email.trim()
      const body = {
        name: name.trim(),
        login: login.trim(),
        roles,
        ...(address ? { email: address } : {}),
      }
      return addMember(body, attempt.keyFor(body))
    },
    onSuccess: async (answer) => {
      await client.invalidateQueries({ queryKey: ['members'] })
      onAdded({ name: name.trim(), login: login.trim(), password: answer.password ?? '' })
    },
  })
  return (
    <Modal
      open
      title={t('members.add')}
      okText={t('members.add')}
      cancelText={t('common.cancel')}
      confirmLoading={adding.isPending}
      okButtonProps={{ disabled: name.trim() === '' || login.trim() === '' }}
      onOk={() => adding.mutate()}
      onCancel={onClose}
    >
      <LabelledText
        id="member-name"
        label={t('members.name')}
        required
        autoFocus
        value={name}
        onChange={setName}
      />
      <LabelledText
        id="member-login"
        label={t('signIn.login')}
        required
        help={t('members.loginHelp')}
        autoCapitalize="none"
        autoComplete="off"
        value={login}
        onChange={setLogin}
      />
      <LabelledText
        id="member-email"
        label={t('members.email')}
        type="email"
        autoComplete="off"
        value={email}
        onChange={setEmail}
      />
      <Labelled id="member-roles" label={t('members.roles')}>
        <RoleSelect id="member-roles" value={roles} onChange={setRoles} />
      </Labelled>
      {adding.error && <Alert type="error" showIcon role="alert" title={explain(adding.error)} />}
    </Modal>
  )
}
