import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { App, Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { definitionQueries, dropFromDraft, putDraft } from '@/api/definitions'
import { translateIfKnown } from '@/lib/i18n'
import { jsonPlaces } from '@/lib/json-places'
import { findingsIn } from '@/lib/problems/explain'
import { type JsonNote, JsonText } from '@/ui/json-text'
import { LeaveGuard } from '@/ui/leave-guard'
import { Page } from '@/ui/page'
import { Refused } from '@/ui/refused'
import { useFailureMessage } from '@/ui/use-failure-message'
import { Findings } from './findings'
import { useDraftCommands } from './use-draft-commands'

interface DefinitionPageProps {
  kind: string
  name: string
  onBack: () => void
}

function format(definition: unknown): string {
  return `${JSON.stringify(definition, null, 2)}\n`
}

/** One definition as JSON: as it is live, or as it is being changed. */
export function DefinitionPage({ kind, name, onBack }: DefinitionPageProps) {
  const { t } = useTranslation()
  const { data: live } = useSuspenseQuery(definitionQueries.one(kind, name))
  const { data: draft } = useSuspenseQuery(definitionQueries.draft())
  const drafted = draft.definitions[`${kind}/${name}`]
  const start = format(drafted ?? live)
  return (
    <Page
      title={`${translateIfKnown(`definitions.kinds.${kind}`) ?? kind} ${name}`}
      onBack={onBack}
    >
      <DefinitionEditor
        key={`${kind}/${name}`}
        kind={kind}
        name={name}
        start={start}
        inDraft={drafted !== undefined}
      />
      <p className="fw-quiet">{t('definitions.editHelp')}</p>
    </Page>
  )
}

interface DefinitionEditorProps {
  kind: string
  name: string
  start: string
  inDraft: boolean
}

function DefinitionEditor({ kind, name, start, inDraft }: DefinitionEditorProps) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const client = useQueryClient()
  const fail = useFailureMessage()
  const { text, dirty, begun, edit, keep, drop } = useEdited(start)
  const { check } = useDraftCommands()
  const refresh = () => client.invalidateQueries({ queryKey: ['draft'] })
  const saving = useMutation({
    mutationFn: (sent: string) => putDraft(kind, name, JSON.parse(sent)),
    onSuccess: async (_, sent) => {
      keep(sent)
      await refresh()
      void message.success(t('definitions.saved'))
      await check.mutateAsync().catch(() => undefined)
    },
  })
  const dropping = useMutation({
    mutationFn: () => dropFromDraft(kind, name),
    onSuccess: async () => {
      await refresh()
      drop()
    },
    onError: fail,
  })
  const broken = jsonPlaces(text).fault !== undefined
  const refused: JsonNote[] = findingsIn(saving.error, `${kind}/${name}`).map((found) => ({
    ...found,
    level: 'error',
  }))
  return (
    <>
      <div className="fw-page-actions" style={{ margin: '0 0 8px' }}>
        <Button
          type="primary"
          disabled={broken || !dirty}
          loading={saving.isPending}
          onClick={() => saving.mutate(text)}
        >
          {t('definitions.saveDraft')}
        </Button>
        {inDraft && (
          <>
            <Button loading={check.isPending} onClick={() => check.mutate()}>
              {t('definitions.check')}
            </Button>
            <Button loading={dropping.isPending} onClick={() => dropping.mutate()}>
              {t('definitions.dropChange')}
            </Button>
          </>
        )}
      </div>
      {saving.error && <Refused error={saving.error} />}
      {check.data && (
        <Findings
          findings={check.data.problems.filter((finding) => finding.ref === `${kind}/${name}`)}
        />
      )}
      <JsonText
        key={begun}
        label={t('definitions.json')}
        text={text}
        onChange={edit}
        notes={refused}
      />
      <LeaveGuard dirty={() => dirty} busy={saving.isPending} />
    </>
  )
}

/**
 * The text in the editor. What is kept on the server is not dirty any more, but stays as it was typed; an untouched editor
 * begins anew (another `begun`) when something else stands there.
 */
function useEdited(start: string) {
  const [edited, setEdited] = useState<string | undefined>()
  const [kept, setKept] = useState<string | undefined>()
  const [from, setFrom] = useState({ start, begun: 0 })
  if (edited === undefined && from.start !== start) setFrom({ start, begun: from.begun + 1 })
  const text = edited ?? start
  return {
    text,
    dirty: text !== start && text !== kept,
    begun: from.begun,
    edit: setEdited,
    keep: setKept,
    drop: () => {
      setEdited(undefined)
      setKept(undefined)
      setFrom(({ begun }) => ({ start, begun: begun + 1 }))
    },
  }
}
