import { Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Member, MemberPatch } from '@/api/members'
import { Labelled } from '@/ui/labelled'
import { LabelledText } from '@/ui/labelled-text'
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
      <LabelledText
        id="member-name"
        label={t('members.name')}
        required
        value={name}
        onChange={setName}
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
    </Modal>
  )
}
