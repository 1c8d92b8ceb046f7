import i18next from 'i18next'
import type { RoleChoice } from '@/api/members'
import { titleOf } from '@/lib/texts'

/** What a role is called; that of administrators is in no definition. */
export function roleTitle(roles: readonly RoleChoice[], name: string): string {
  const role = roles.find((each) => each.name === name)
  if (role) return titleOf(role)
  return name === 'admin' ? i18next.t('members.adminRole') : name
}
