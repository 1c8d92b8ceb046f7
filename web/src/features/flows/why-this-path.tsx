import './flow-tree.css'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { flowQueries } from '@/api/flows'
import { recordQueries } from '@/api/records'
import { Waiting } from '@/ui/boundary'
import { Failed } from '@/ui/failed'
import { Reasons } from './reasons'

/** Why the flow of a record went where it went, with the values of that time. Folded until somebody asks. */
export function WhyThisPath({ entity, id }: { entity: string; id: string }) {
  const { t } = useTranslation()
  const [open, setOpen] = useState(false)
  // The history beside it has asked already whether a flow runs or ran here.
  const { data: timeline } = useQuery(recordQueries.timeline(entity, id))
  if (!timeline?.flow) return null
  return (
    <details
      className="fw-card fw-folded"
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>{t('flows.whyTitle')}</summary>
      {open && <Explained entity={entity} id={id} />}
    </details>
  )
}

function Explained({ entity, id }: { entity: string; id: string }) {
  const { data, error, isPending, refetch } = useQuery(flowQueries.explain(entity, id))
  if (error) return <Failed error={error} onRetry={() => void refetch()} />
  if (isPending) return <Waiting />
  return (
    <ol className="fw-findings-list">
      {data.nodes
        .filter((node) => node.type !== 'branch' || (node.why ?? []).length > 0)
        .map((node) => (
          <li key={node.node} className="fw-finding">
            <Reasons node={node} titled />
          </li>
        ))}
    </ol>
  )
}
