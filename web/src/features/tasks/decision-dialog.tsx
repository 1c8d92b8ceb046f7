import { Input, Modal, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { FlowView } from '@/api/records'
import type { Decision, DecisionVerb } from '@/api/tasks'
import { translateIfKnown } from '@/lib/i18n'
import { Labelled } from '@/ui/labelled'

interface DecisionDialogProps {
  verb: DecisionVerb
  mine: NonNullable<FlowView['mine']>
  busy: boolean
  onDecide: (decision: Pick<Decision, 'comment' | 'to'>) => void
  onCancel: () => void
}

/** Asks for the words that go with a decision, and where a return goes to. */
export function DecisionDialog({ verb, mine, busy, onDecide, onCancel }: DecisionDialogProps) {
  const { t } = useTranslation()
  const [comment, setComment] = useState('')
  const targets = mine.returnTo
  const [to, setTo] = useState<string | undefined>(targets[0]?.name)
  const required = mine.commentRequired.includes(verb)
  const words = comment.trim()
  return (
    <Modal
      open
      title={t(`tasks.ask.${verb}`)}
      okText={t(`tasks.verb.${verb}`)}
      cancelText={t('common.back')}
      confirmLoading={busy}
      okButtonProps={{ danger: verb === 'reject', disabled: required && words === '' }}
      onOk={() =>
        onDecide({
          ...(words ? { comment: words } : {}),
          ...(verb === 'return' && to ? { to } : {}),
        })
      }
      onCancel={onCancel}
    >
      {verb === 'return' && targets.length > 0 && (
        <Labelled id="return-to" label={t('tasks.returnTo')}>
          <Select
            id="return-to"
            value={to ?? null}
            options={targets.map((target) => ({
              value: target.name,
              label:
                target.title || (translateIfKnown(`tasks.target.${target.name}`) ?? target.name),
            }))}
            onChange={(chosen) => setTo(chosen ?? undefined)}
          />
        </Labelled>
      )}
      <Labelled
        id="decision-comment"
        label={t(required ? 'tasks.comment' : 'tasks.commentOptional')}
        required={required}
        help={verb === 'reject' ? t('tasks.rejectHelp') : undefined}
      >
        <Input.TextArea
          id="decision-comment"
          autoFocus
          autoSize={{ minRows: 3, maxRows: 8 }}
          maxLength={2000}
          aria-required={required}
          value={comment}
          onChange={(event) => setComment(event.target.value)}
        />
      </Labelled>
    </Modal>
  )
}
