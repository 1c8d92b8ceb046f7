import { useSuspenseQuery } from '@tanstack/react-query'
import { Select } from 'antd'
import { memberQueries } from '@/api/members'
import { roleTitle } from './role-title'

interface RoleSelectProps {
  id: string
  value: string[]
  onChange: (roles: string[]) => void
}

/** Chooses roles by their titles. */
export function RoleSelect({ id, value, onChange }: RoleSelectProps) {
  const { data: roles } = useSuspenseQuery(memberQueries.roles())
  return (
    <Select
      id={id}
      mode="multiple"
      showSearch={{ optionFilterProp: 'label' }}
      style={{ width: '100%' }}
      value={value}
      options={roles.map(({ name }) => ({ value: name, label: roleTitle(roles, name) }))}
      onChange={onChange}
    />
  )
}
