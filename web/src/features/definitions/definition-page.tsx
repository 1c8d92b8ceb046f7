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
  const [edited, setEdited] = useState<string | undefined>()
  const text = edited ?? start
  const { check } = useDraftCommands()
  const refresh = () => client.invalidateQueries({ queryKey: ['draft'] })
  const saving = useMutation({
    mutationFn: (sent: string) => putDraft(kind, name, JSON.parse(sent)),
    onSuccess: async (_, sent) => {
      await refresh()
      setEdited((now) => (now === sent ? undefined : now)) // it may have been written on meanwhile
      void message.success(t('definitions.saved'))
      await check.mutateAsync().catch(() => undefined)
    },
  })
  const dropping = useMutation({
    mutationFn: () => dropFromDraft(kind, name),
    onSuccess: async () => {
      await refresh()
      setEdited(undefined)
    },
    onError: fail,
  })
  const dirty = text !== start
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
      <JsonText label={t('definitions.json')} text={text} onChange={setEdited} notes={refused} />
      <LeaveGuard dirty={() => dirty} busy={saving.isPending} />
    </>
  )
}
