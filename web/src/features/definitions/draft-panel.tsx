import { useSuspenseQuery } from '@tanstack/react-query'
import { Alert, App, Button, Checkbox, Input, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { definitionQueries, type Finding } from '@/api/definitions'
import { translateIfKnown } from '@/lib/i18n'
import { type Titled, titleOf } from '@/lib/texts'
import { Labelled } from '@/ui/labelled'
import { Findings } from './findings'
import { useDraftCommands } from './use-draft-commands'

/** What is edited and not live yet: check it, publish it, or drop it. */
export function DraftPanel() {
  const { t } = useTranslation()
  const { modal } = App.useApp()
  const { data: draft } = useSuspenseQuery(definitionQueries.draft())
  const { check, publish, discard } = useDraftCommands()
  const [publishing, setPublishing] = useState<Finding[] | undefined>()
  const refs = Object.keys(draft.definitions)
  if (refs.length === 0) return null
  const findings = check.data?.problems
  const openPublish = async () => {
    try {
      const { problems } = await check.mutateAsync()
      if (problems.every((problem) => problem.level === 'warning')) setPublishing(problems)
    } catch {
      // The refusal has been told.
    }
  }
  return (
    <section className="fw-card" aria-label={t('definitions.draft')} style={{ marginBottom: 12 }}>
      <h2>{t('definitions.draft')}</h2>
      <p>{t('definitions.draftHelp', { count: refs.length })}</p>
      <ul>
        {refs.map((ref) => (
          <li key={ref}>
            <Changed of={ref} definition={draft.definitions[ref]} />
            {draft.definitions[ref] === null && ` (${t('definitions.removed')})`}
          </li>
        ))}
      </ul>
      {findings && <Findings findings={findings} />}
      <div className="fw-page-actions" style={{ marginLeft: 0, marginTop: 12 }}>
        <Button loading={check.isPending} onClick={() => check.mutate()}>
          {t('definitions.check')}
        </Button>
        <Button type="primary" loading={publish.isPending} onClick={() => void openPublish()}>
          {t('definitions.publish')}
        </Button>
        <Button
          danger
          loading={discard.isPending}
          onClick={() =>
            void modal.confirm({
              title: t('definitions.askDiscard'),
              okText: t('definitions.discard'),
              okButtonProps: { danger: true },
              onOk: () => discard.mutate(),
            })
          }
        >
          {t('definitions.discard')}
        </Button>
      </div>
      {publishing && (
        <PublishDialog
          findings={publishing}
          busy={publish.isPending}
          onPublish={(note, accept) =>
            publish.mutate({ note, accept }, { onSuccess: () => setPublishing(undefined) })
          }
          onClose={() => setPublishing(undefined)}
        />
      )}
    </section>
  )
}

/** A definition that is changed, by its kind and title; what is to be removed has only its name left. */
function Changed({ of, definition }: { of: string; definition: unknown }) {
  const [kind = '', name = ''] = of.split('/')
  const title = definition ? titleOf(definition as Titled) : name
  return (
    <>
      {translateIfKnown(`definitions.kinds.${kind}`) ?? kind} · {title || name}{' '}
      {title !== name && <code className="fw-quiet">{name}</code>}
    </>
  )
}

interface PublishDialogProps {
  findings: readonly Finding[]
  busy: boolean
  onPublish: (note: string, accept: string[]) => void
  onClose: () => void
}

function PublishDialog({ findings, busy, onPublish, onClose }: PublishDialogProps) {
  const { t } = useTranslation()
  const [note, setNote] = useState('')
  const [accepted, setAccepted] = useState(false)
  const codes = [...new Set(findings.map((finding) => finding.code))]
  return (
    <Modal
      open
      title={t('definitions.publish')}
      okText={t('definitions.publish')}
      cancelText={t('common.cancel')}
      confirmLoading={busy}
      okButtonProps={{ disabled: note.trim() === '' || (codes.length > 0 && !accepted) }}
      onOk={() => onPublish(note.trim(), codes)}
      onCancel={onClose}
    >
      <Alert
        type="info"
        showIcon
        title={t('definitions.publishHelp')}
        style={{ marginBottom: 12 }}
      />
      {codes.length > 0 && (
        <>
          <Findings findings={findings} />
          <p>
            <Checkbox checked={accepted} onChange={(event) => setAccepted(event.target.checked)}>
              {t('definitions.acceptWarnings')}
            </Checkbox>
          </p>
        </>
      )}
      <Labelled id="publish-note" label={t('definitions.note')} required>
        <Input.TextArea
          id="publish-note"
          rows={3}
          maxLength={500}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
      </Labelled>
    </Modal>
  )
}
