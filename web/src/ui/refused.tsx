import { Alert } from 'antd'
import { explain, findingsOf } from '@/lib/problems/explain'

/** A refusal that stays in the page until another attempt; refused definitions say what is wrong where. */
export function Refused({ error }: { error: unknown }) {
  const findings = findingsOf(error)
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      style={{ marginBottom: 8 }}
      title={explain(error)}
      description={
        findings.length > 0 && (
          <ul style={{ margin: 0, paddingInlineStart: 20 }}>
            {findings.map((finding) => (
              <li key={finding}>{finding}</li>
            ))}
          </ul>
        )
      }
    />
  )
}
