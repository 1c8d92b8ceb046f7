import { useQuery } from '@tanstack/react-query'
import { Alert } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Bundle } from '@/api/bundle'
import { type Mismatch, proofQueries } from '@/api/proof'
import type { StoredRecord } from '@/api/records'
import { placeOf } from '@/form/labels'
import { rowIdsOf } from '@/form/patch'
import { moment } from '@/lib/time'
import { Waiting } from '@/ui/boundary'
import { Failed } from '@/ui/failed'

interface ProofCardProps {
  bundle: Bundle
  record: StoredRecord
}

/** Holds a record against its history, when somebody asks: values, state, flow and signatures. */
export function ProofCard({ bundle, record }: ProofCardProps) {
  const { t } = useTranslation()
  const [open, setOpen] = useState(false)
  return (
    <details
      className="fw-card fw-folded"
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>{t('proof.title')}</summary>
      {open && <Held bundle={bundle} record={record} />}
    </details>
  )
}

function Held({ bundle, record }: ProofCardProps) {
  const { t } = useTranslation()
  const proof = useQuery(proofQueries.of(record.entity, record.id))
  if (proof.error) return <Failed error={proof.error} onRetry={() => void proof.refetch()} />
  if (proof.isPending) return <Waiting />
  const { events, signatures, head, mismatches } = proof.data
  return (
    <>
      {mismatches.length === 0 ? (
        <Alert
          type="success"
          showIcon
          title={t('proof.holds')}
          description={t(signatures > 0 ? 'proof.countsSigned' : 'proof.counts', {
            events,
            signatures,
          })}
        />
      ) : (
        <Alert
          type="error"
          showIcon
          role="alert"
          title={t('proof.broken')}
          description={
            <ul className="fw-event-changes">
              {mismatches.map((mismatch) => (
                <li key={`${mismatch.code}/${mismatch.field ?? ''}/${mismatch.rev ?? 0}`}>
                  <MismatchText bundle={bundle} record={record} mismatch={mismatch} />
                </li>
              ))}
            </ul>
          }
        />
      )}
      <p className="fw-quiet">{t('proof.headHelp')}</p>
      <code className="fw-proof-head">{head}</code>
    </>
  )
}

function MismatchText({ bundle, record, mismatch }: ProofCardProps & { mismatch: Mismatch }) {
  const { t } = useTranslation()
  const { code, field, at } = mismatch
  if (code === 'value') {
    if (!field) return <>{t('proof.hiddenValue')}</>
    const rows = (table: string) => rowIdsOf(record.values, table)
    return <>{t('proof.value', { field: placeOf(bundle, rows, field) })}</>
  }
  if (code === 'event' || code === 'signature')
    return <>{t(`proof.${code}`, { at: at ? moment(at, bundle.zone) : '' })}</>
  return <>{t(`proof.${code}`)}</>
}
