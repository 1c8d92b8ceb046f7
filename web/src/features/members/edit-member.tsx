import { Input, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Member, MemberPatch } from '@/api/members'
import { Labelled } from '@/ui/labelled'
import { RoleSelect } from './role-select'

interface EditMemberProps {
  member: Member
  onClose: () => void
  onSave: (member: Member, patch: MemberPatch) => Promise<void>
}

/** Changes a person's name, address and roles. */
export function EditMember({ member, onClose, onSave }: EditMemberProps) {
  const { t } = useTranslation()
  const [name, setName] = useState(member.name)
  const [email, setEmail] = useState(member.email ?? '')
  const [roles, setRoles] = useState(member.roles)
  const [busy, setBusy] = useState(false)
  const save = async () => {
    setBusy(true)
    try {
      await onSave(member, { name: name.trim(), email: email.trim(), roles })
      onClose()
    } catch {
      // The refusal has been told; what was typed stays for another try.
      setBusy(false)
    }
  }
  return (
    <Modal
      open
      title={t('members.editOf', { name: member.name })}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      confirmLoading={busy}
      okButtonProps={{ disabled: name.trim() === '' }}
      onOk={() => void save()}
      onCancel={onClose}
    >
      <Labelled id="member-name" label={t('members.name')} required>
        <Input id="member-name" value={name} onChange={(event) => setName(event.target.value)} />
      </Labelled>
      <Labelled id="member-email" label={t('members.email')}>
        <Input
          id="member-email"
          type="email"
          autoComplete="off"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
      </Labelled>
      <Labelled id="member-roles" label={t('members.roles')}>
        <RoleSelect id="member-roles" value={roles} onChange={setRoles} />
      </Labelled>
    </Modal>
  )
}
