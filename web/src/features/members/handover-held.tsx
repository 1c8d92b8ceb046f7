import './members.css'
import { useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Checkbox } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { type Holdings, memberQueries } from '@/api/members'
import { nodeText } from '@/form/verbs/needs'
import { moment } from '@/lib/time'
import { roleTitle } from './role-title'

/** What of all he holds is handed over. */
export interface Chosen {
  tasks: boolean
  roles: string[]
  references: string[]
  proxies: boolean
}

/** Everything but roles: who takes over need not have the same rights. */
export function usual(held: Holdings): Chosen {
  return {
    tasks: held.taskCount > 0,
    roles: [],
    references: held.references.map(({ path }) => path),
    proxies: held.proxies.length > 0,
  }
}

export function isEmpty(chosen: Chosen): boolean {
  return (
    !chosen.tasks && !chosen.proxies && chosen.roles.length === 0 && chosen.references.length === 0
  )
}

interface HeldProps {
  held: Holdings
  chosen: Chosen
  onChoose: (chosen: Chosen) => void
}

/** What somebody holds, each with what it is exactly, to be chosen from. */
export function Held({ held, chosen, onChoose }: HeldProps) {
  const { t } = useTranslation()
  const { data: roles } = useSuspenseQuery(memberQueries.roles())
  const pick = (list: readonly string[], one: string, on: boolean) =>
    on ? [...list, one] : list.filter((other) => other !== one)
  return (
    <>
      {held.taskCount > 0 && (
        <Group title={t('handover.tasks')}>
          <Checkbox
            checked={chosen.tasks}
            onChange={({ target }) => onChoose({ ...chosen, tasks: target.checked })}
          >
            {t('handover.openTasks', { count: held.taskCount })}
          </Checkbox>
          <Records
            all={held.taskCount}
            records={held.tasks.map(({ id, entity, record, subject, node, nodeTitle }) => ({
              key: id,
              entity,
              id: record,
              name: [subject, nodeText(node, nodeTitle)].filter(Boolean).join(' · '),
            }))}
          />
        </Group>
      )}
      {held.references.length > 0 && (
        <Group title={t('handover.places')}>
          {held.references.map((place) => (
            <div key={place.path}>
              <Checkbox
                checked={chosen.references.includes(place.path)}
                onChange={({ target }) =>
                  onChoose({
                    ...chosen,
                    references: pick(chosen.references, place.path, target.checked),
                  })
                }
              >
                {t('handover.place', {
                  entity: place.entityTitle,
                  field: place.fieldTitle,
                  count: place.count,
                })}
              </Checkbox>
              <Records
                all={place.count}
                records={place.records.map(({ id, name }) => ({
                  key: id,
                  entity: place.path.split('.')[0] ?? '',
                  id,
                  name: name || id,
                }))}
              />
            </div>
          ))}
        </Group>
      )}
      {held.proxies.length > 0 && (
        <Group title={t('handover.proxies')}>
          <Checkbox
            checked={chosen.proxies}
            onChange={({ target }) => onChoose({ ...chosen, proxies: target.checked })}
          >
            {t('handover.endProxies', { count: held.proxies.length })}
          </Checkbox>
          <ul className="fw-held">
            {held.proxies.map((proxy) => (
              <li key={proxy.id}>
                {t('handover.proxy', {
                  principal: proxy.principal.name,
                  to: proxy.to.name,
                  end: moment(proxy.end),
                })}
              </li>
            ))}
          </ul>
        </Group>
      )}
      {held.roles.length > 0 && (
        <Group title={t('handover.roles')}>
          {held.roles.map((name) => (
            <div key={name}>
              <Checkbox
                checked={chosen.roles.includes(name)}
                onChange={({ target }) =>
                  onChoose({ ...chosen, roles: pick(chosen.roles, name, target.checked) })
                }
              >
                {roleTitle(roles, name)}
              </Checkbox>
            </div>
          ))}
          <p className="fw-quiet">{t('handover.rolesHelp')}</p>
        </Group>
      )}
    </>
  )
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <fieldset className="fw-held-group">
      <legend>{title}</legend>
      {children}
    </fieldset>
  )
}

interface RecordsProps {
  all: number
  records: readonly { key: string; entity: string; id: string; name: string }[]
}

/** Which records exactly; folded, because there may be many. */
function Records({ all, records }: RecordsProps) {
  const { t } = useTranslation()
  return (
    <details>
      <summary>{t('handover.which')}</summary>
      <ul className="fw-held">
        {records.map(({ key, entity, id, name }) => (
          <li key={key}>
            <Link to="/e/$entity/r/$id" params={{ entity, id }} target="_blank">
              {name}
            </Link>
          </li>
        ))}
        {all > records.length && (
          <li>{t('handover.moreRecords', { count: all - records.length })}</li>
        )}
      </ul>
    </details>
  )
}
