import { Input } from 'antd'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { explain } from '@/lib/problems/explain'
import { Ask } from '@/ui/ask'
import { Labelled } from '@/ui/labelled'

interface ReasonDialogProps {
  title: string
  /** What the button says that does it. */
  ok: string
  danger?: boolean
  /** Something else is still missing. */
  disabled?: boolean
  /** Without a reason it is not done; otherwise words are welcome. Nothing is done, nothing has to be explained: "none". */
  required: boolean | 'none'
  busy: boolean
  /** Why the last attempt was refused. */
  error: unknown
  onOk: (reason: string) => void
  onCancel: () => void
  /** What it is about, and what else is needed. */
  children: ReactNode
}

/** Asks an administrator why he does something with the runs of others. */
export function ReasonDialog(props: ReasonDialogProps) {
  const { t } = useTranslation()
  const { required, disabled = false, error } = props
  const [reason, setReason] = useState('')
  const words = reason.trim()
  return (
    <Ask
      title={props.title}
      ok={props.ok}
      danger={props.danger ?? false}
      disabled={disabled || (required === true && words === '')}
      busy={props.busy}
      onOk={() => props.onOk(words)}
      onCancel={props.onCancel}
    >
      {props.children}
      {required !== 'none' && (
        <Labelled
          id="admin-reason"
          label={t('verbs.reason')}
          required={required}
          problem={error ? explain(error) : undefined}
        >
          <Input.TextArea
            id="admin-reason"
            aria-describedby={error ? 'admin-reason-note' : undefined}
            rows={3}
            maxLength={2000}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        </Labelled>
      )}
    </Ask>
  )
}
