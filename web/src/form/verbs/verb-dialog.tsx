import { Alert, Input, Radio, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { UploadedFile } from '@/api/files'
import type { Possible, VerbInput } from '@/api/verbs'
import { translateIfKnown } from '@/lib/i18n'
import { Ask } from '@/ui/ask'
import { Labelled } from '@/ui/labelled'
import { LabelledPassword } from '@/ui/labelled-text'
import { usePhone } from '@/ui/use-phone'
import { signatureOf } from '../fields/files/signature-pad'
import type { Stroke } from '../fields/files/strokes'
import { isSending, useUploads } from '../fields/files/use-uploads'
import { AttachmentsBox, useAttachments } from './attachments'
import { askText, missingIn, reasoned, verbText, wordOf } from './needs'
import { PeopleSelect } from './people-select'
import { SignBox } from './sign-box'

interface VerbDialogProps {
  can: Possible
  busy: boolean
  /** Why the last attempt was refused, where the dialog stays open for another one. */
  refusal?: string | undefined
  /** What was written here before and not sent: who looks at the page again finds it when he comes back. */
  words?: string | undefined
  onWords?: ((words: string) => void) | undefined
  onDo: (input: VerbInput) => void
  onCancel: () => void
}

type Change = (some: Partial<VerbInput>) => void

interface PartProps {
  can: Possible
  input: VerbInput
  change: Change
}

const endings: ReadonlySet<string> = new Set(['reject', 'cancel', 'terminate'])

/** Asks for everything a verb of a flow needs: words, people, a place, a signature, the password. */
export function VerbDialog(props: VerbDialogProps) {
  const { can, busy, refusal, words, onWords, onDo, onCancel } = props
  const { t } = useTranslation()
  const [input, setInput] = useState<VerbInput>(() => ({
    ...begin(can),
    ...(words ? { comment: words } : {}),
  }))
  const [files, setFiles] = useState<readonly UploadedFile[]>([])
  const attachments = useAttachments({ value: files, onChange: setFiles })
  const [drawn, setDrawn] = useState<readonly Stroke[] | undefined>()
  const [sent, setSent] = useState<{ strokes: readonly Stroke[] | undefined; sign: string }>()
  const uploads = useUploads({
    use: 'signature',
    onDone: ({ id: sign }) => {
      setSent({ strokes: drawn, sign })
      onDo({ ...said(), sign })
    },
  })
  const said = () => ({
    ...trimmed(input),
    ...(files.length > 0 ? { files: files.map(({ id }) => id) } : {}),
  })
  // A signature is sent with the decision: who signs need not confirm it before. Tried again, it is the same one.
  const decide = async () => {
    if (!can.sign) return onDo(said())
    if (!drawn) return
    if (sent?.strokes === drawn) return onDo({ ...said(), sign: sent.sign })
    for (const { key } of uploads.sending) uploads.stop(key)
    const name = `${t('files.sign')}.png`
    uploads.add([new File([await signatureOf(drawn)], name, { type: 'image/png' })])
  }
  const change: Change = (some) => {
    setInput((old) => ({ ...old, ...some }))
    if (some.comment !== undefined) onWords?.(some.comment)
  }
  const part = { can, input, change }
  const word = wordOf(can)
  const help = translateIfKnown(`verbs.help.${word}`)
  return (
    <Ask
      title={askText(word)}
      ok={verbText(word)}
      danger={endings.has(can.verb)}
      disabled={attachments.busy || missingIn(can, drawn ? { ...input, sign: 'drawn' } : input)}
      busy={busy || isSending(uploads)}
      onOk={() => void decide()}
      onCancel={onCancel}
    >
      {help && (
        <p className="fw-quiet" style={{ marginTop: 0 }}>
          {help}
        </p>
      )}
      <Where {...part} />
      <Who {...part} />
      {can.picks?.map((pick) => (
        <Labelled
          key={pick.node}
          id={`verb-pick-${pick.node}`}
          label={t('verbs.pick', { node: pick.title })}
          required={pick.required}
        >
          <PeopleSelect
            id={`verb-pick-${pick.node}`}
            role={pick.role ?? ''}
            several
            value={input.picks?.[pick.node] ?? []}
            onChange={(ids) => change({ picks: { ...input.picks, [pick.node]: ids } })}
          />
        </Labelled>
      ))}
      {can.sign && (
        <Labelled id="verb-sign" label={t('files.sign')} required>
          <SignBox id="verb-sign" uploads={uploads} onDraw={setDrawn} />
        </Labelled>
      )}
      <Words {...part} />
      {!speechless.has(can.verb) && <AttachmentsBox id="verb-files" attachments={attachments} />}
      {can.password && (
        <LabelledPassword
          id="verb-password"
          label={t('verbs.password')}
          required
          help={t('verbs.passwordHelp')}
          autoComplete="current-password"
          value={input.password ?? ''}
          onChange={(text) => change({ password: text })}
        />
      )}
      {refusal && <Alert type="error" showIcon role="alert" title={refusal} />}
    </Ask>
  )
}

function begin(can: Possible): VerbInput {
  return {
    ...(can.to?.[0] ? { to: can.to[0].name } : {}),
    ...(can.signers?.[0] ? { to: can.signers[0].id } : {}),
    ...(can.kinds?.[0] ? { kind: can.kinds[0], mode: 'all' as const } : {}),
    ...(can.resubmit ? { resubmit: can.resubmit } : {}),
    ...(can.tasks?.[0] ? { task: can.tasks[0].task } : {}),
  }
}

/** Without what was left empty. */
function trimmed(input: VerbInput): VerbInput {
  const { comment, users, ...rest } = input
  const words = comment?.trim()
  return {
    ...rest,
    ...(words ? { comment: words } : {}),
    ...(users && users.length > 0 ? { users } : {}),
  }
}

/** Where it goes: a node, an added signer, the task of somebody. */
function Where({ can, input, change }: PartProps) {
  const { t } = useTranslation()
  return (
    <>
      {can.tasks && (
        <Labelled id="verb-task" label={t('verbs.task')} required>
          <Select
            id="verb-task"
            style={{ width: '100%' }}
            value={input.task ?? null}
            options={can.tasks.map(({ task, title, user }) => ({
              value: task,
              label: `${title} · ${user.name}`,
            }))}
            onChange={(task) => change({ task: task ?? '' })}
          />
        </Labelled>
      )}
      {can.to && (
        <Labelled
          id="verb-to"
          label={t(can.verb === 'return' ? 'tasks.returnTo' : 'verbs.to')}
          required
        >
          <Select
            id="verb-to"
            style={{ width: '100%' }}
            value={input.to ?? null}
            options={can.to.map(({ name, title }) => ({
              value: name,
              label: title || (translateIfKnown(`tasks.target.${name}`) ?? name),
            }))}
            onChange={(to) => change({ to: to ?? '' })}
          />
        </Labelled>
      )}
      {can.resubmit && (input.to === undefined || input.to === 'initiator') && (
        <Choice
          name="resubmit"
          label={t('verbs.resubmit')}
          value={input.resubmit}
          options={['restart', 'resume']}
          onChange={(resubmit) => change({ resubmit })}
        />
      )}
    </>
  )
}

/** Whom it concerns. */
function Who({ can, input, change }: PartProps) {
  const { t } = useTranslation()
  return (
    <>
      {can.signers && (
        <Labelled id="verb-signer" label={t('verbs.signer')} required>
          <Select
            id="verb-signer"
            style={{ width: '100%' }}
            value={input.to ?? null}
            options={can.signers.map(({ id, name }) => ({ value: id, label: name }))}
            onChange={(to) => change({ to: to ?? '' })}
          />
        </Labelled>
      )}
      {can.person && (
        <Labelled id="verb-person" label={t(`verbs.person.${personKey(can.verb)}`)} required>
          <PeopleSelect
            id="verb-person"
            several={false}
            value={input.to ? [input.to] : []}
            onChange={([to]) => change({ to: to ?? '' })}
          />
        </Labelled>
      )}
      {can.people && (
        <Labelled id="verb-people" label={t('verbs.people')} required>
          <PeopleSelect
            id="verb-people"
            several
            value={input.users ?? []}
            onChange={(users) => change({ users })}
          />
        </Labelled>
      )}
      {can.kinds && (
        <Choice
          name="kind"
          label={t('verbs.kind')}
          value={input.kind}
          options={can.kinds}
          onChange={(kind) => change({ kind })}
        />
      )}
      {can.kinds && input.kind !== 'parallel' && (input.users?.length ?? 0) > 1 && (
        <Choice
          name="mode"
          label={t('verbs.mode')}
          value={input.mode}
          options={['all', 'any', 'seq']}
          onChange={(mode) => change({ mode })}
        />
      )}
    </>
  )
}

function personKey(verb: string): 'transfer' | 'delegate' | 'reassign' {
  return verb === 'transfer' || verb === 'delegate' ? verb : 'reassign'
}

interface ChoiceProps<V extends string> {
  name: 'kind' | 'mode' | 'resubmit'
  label: string
  value: V | undefined
  options: readonly V[]
  onChange: (value: V) => void
}

function Choice<V extends string>({ name, label, value, options, onChange }: ChoiceProps<V>) {
  return (
    <div className="fw-labelled">
      <span id={`verb-${name}`} className="fw-label">
        {label}
      </span>
      <Radio.Group
        aria-labelledby={`verb-${name}`}
        value={value}
        options={options.map((option) => ({
          value: option,
          label: translateIfKnown(`verbs.${name}s.${option}`) ?? option,
        }))}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  )
}

/** What is said with these is an opinion on the record; with the others it goes to whom they concern. */
const deciding: ReadonlySet<string> = new Set(['approve', 'reject', 'return', 'resolve'])

const speechless: ReadonlySet<string> = new Set(['save', 'removesign'])

/** The words that go with it. */
function Words({ can, input, change }: PartProps) {
  const { t } = useTranslation()
  const phone = usePhone()
  if (speechless.has(can.verb)) return null
  const required = can.comment === true || reasoned.has(wordOf(can))
  const opinion = deciding.has(can.verb)
  const key = required
    ? opinion
      ? 'tasks.comment'
      : 'verbs.reason'
    : opinion
      ? 'tasks.commentOptional'
      : 'verbs.noteOptional'
  return (
    <Labelled
      id="verb-comment"
      label={t(key)}
      required={required}
      help={can.verb === 'reject' ? t('tasks.rejectHelp') : undefined}
    >
      <Input.TextArea
        id="verb-comment"
        autoFocus={!phone && !can.sign}
        rows={phone ? 3 : 4}
        maxLength={2000}
        aria-required={required}
        value={input.comment ?? ''}
        onChange={(event) => change({ comment: event.target.value })}
      />
    </Labelled>
  )
}
