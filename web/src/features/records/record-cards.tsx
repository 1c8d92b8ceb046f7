import { Link } from '@tanstack/react-router'
import type { Bundle } from '@/api/bundle'
import type { StoredRecord } from '@/api/records'
import { StateTag } from '@/ui/state-tag'
import { pathText, pathTitle } from './record-text'

/** A list on a phone: one card for a record with the lines its definition sums it up by. */
export function RecordCards({
  bundle,
  records,
}: {
  bundle: Bundle
  records: readonly StoredRecord[]
}) {
  const { entity } = bundle
  const lines = (
    entity['x-summary'] ?? [entity['x-display'] ?? Object.keys(entity.properties)[0] ?? 'id']
  ).slice(0, 5)
  const [head = 'id', ...rest] = lines
  return (
    <ul className="fw-cards">
      {records.map((record) => (
        <li key={record.id}>
          <Link
            className="fw-record-card"
            to="/e/$entity/r/$id"
            params={{ entity: record.entity, id: record.id }}
          >
            <span className="fw-record-card-head">
              <strong>{pathText(bundle, record, head)}</strong>
              {record.state && <StateTag state={record.state} />}
            </span>
            {rest.map((path) => (
              <span key={path} className="fw-record-card-line">
                <span className="fw-quiet">{pathTitle(bundle, path)}</span>
                <span>{pathText(bundle, record, path)}</span>
              </span>
            ))}
          </Link>
        </li>
      ))}
    </ul>
  )
}
