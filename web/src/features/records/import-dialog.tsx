import './import.css'
import { UploadOutlined } from '@ant-design/icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Modal, Select, Switch } from 'antd'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Bundle } from '@/api/bundle'
import {
  type ImportInfo,
  type ImportMode,
  type ImportOrder,
  type ImportRun,
  importQueries,
  importTemplate,
  isUnderway,
  lookAtWorkbook,
  save,
  startImport,
} from '@/api/sheets'
import { explain } from '@/lib/problems/explain'
import { titleOf } from '@/lib/texts'
import { Labelled } from '@/ui/labelled'
import { LabelledText } from '@/ui/labelled-text'
import { useFailureMessage } from '@/ui/use-failure-message'
import { ImportHistory } from './import-history'
import { wantsReason } from './import-notes'
import { ImportProgress } from './import-progress'
import { ImportResult } from './import-result'

interface ImportDialogProps {
  bundle: Bundle
  onClose: () => void
}

type Order = Omit<ImportOrder, 'file'>

const first: Order = { importName: '', mode: 'insert', all: false, reason: '', given: {} }

/** Brings records from a workbook: choose, look at the report, store. What is stored before is listed, and can be undone. */
export function ImportDialog({ bundle, onClose }: ImportDialogProps) {
  const { t } = useTranslation()
  const entity = bundle.entity.name
  const { data: earlier } = useQuery(importQueries.runs(entity))
  const [chosen, setChosen] = useState<string>()
  const [closed, setClosed] = useState<string>()
  // Whoever comes back while an import is underway sees how far it is.
  const underway = earlier?.find((run) => isUnderway(run) && run.id !== closed)
  const run = chosen ?? underway?.id
  return (
    <Modal
      open
      width={720}
      title={t('sheets.importTitle', { entity: titleOf(bundle.entity) })}
      onCancel={onClose}
      footer={null}
    >
      {run ? (
        <ImportProgress
          key={run}
          bundle={bundle}
          id={run}
          onDone={onClose}
          onBack={() => {
            setClosed(run)
            setChosen(undefined)
          }}
        />
      ) : (
        <>
          <NewImport bundle={bundle} onCancel={onClose} onStarted={(next) => setChosen(next.id)} />
          <ImportHistory runs={earlier ?? []} onOpen={setChosen} />
        </>
      )}
    </Modal>
  )
}

interface NewImportProps {
  bundle: Bundle
  onCancel: () => void
  onStarted: (run: ImportRun) => void
}

function NewImport({ bundle, onCancel, onStarted }: NewImportProps) {
  const client = useQueryClient()
  const entity = bundle.entity.name
  const imports = useQuery(importQueries.choices(entity))
  const [order, setOrder] = useState(first)
  const [file, setFile] = useState<File>()
  const looking = useMutation({
    mutationFn: (chosen: File) => lookAtWorkbook(entity, { ...order, file: chosen }),
  })
  const starting = useMutation({
    mutationFn: (chosen: File) => startImport(entity, { ...order, file: chosen }),
    onSuccess: (run) => {
      client.setQueryData(importQueries.run(entity, run.id).queryKey, run)
      onStarted(run)
    },
  })
  const change = (next: Partial<Order>) => {
    setOrder({ ...order, ...next })
    looking.reset()
  }
  const choose = (next: File | undefined) => {
    setFile(next)
    looking.reset()
    if (next) looking.mutate(next)
  }
  const report = looking.data
  const storable =
    report !== undefined && report.ok > 0 && (!order.all || report.ok === report.records)
  const error = looking.error ?? starting.error ?? imports.error
  return (
    <>
      <ImportOptions
        bundle={bundle}
        imports={imports.data ?? []}
        order={order}
        onChange={change}
        file={file}
        onFile={choose}
        askReason={report !== undefined && (wantsReason(report) || order.reason !== '')}
      />
      {error && (
        <Alert
          type="error"
          showIcon
          role="alert"
          title={explain(error)}
          style={{ marginTop: 12 }}
        />
      )}
      {report && <ImportResult bundle={bundle} report={report} file={file} />}
      <ImportFooter
        busy={looking.isPending || starting.isPending}
        file={file}
        count={storable ? report.ok : 0}
        looked={report !== undefined}
        onClose={onCancel}
        onLook={() => file && looking.mutate(file)}
        onStore={() => file && starting.mutate(file)}
      />
    </>
  )
}

interface ImportFooterProps {
  busy: boolean
  looked: boolean
  file: File | undefined
  count: number
  onClose: () => void
  onLook: () => void
  onStore: () => void
}

function ImportFooter(props: ImportFooterProps) {
  const { t } = useTranslation()
  return (
    <div className="fw-import-footer">
      <Button onClick={props.onClose}>{t('common.cancel')}</Button>
      {!props.looked && (
        <Button type="primary" disabled={!props.file} loading={props.busy} onClick={props.onLook}>
          {t('sheets.look')}
        </Button>
      )}
      {props.looked && (
        <Button
          type="primary"
          disabled={props.count === 0}
          loading={props.busy}
          onClick={props.onStore}
        >
          {t('sheets.store', { count: props.count })}
        </Button>
      )}
    </div>
  )
}

interface ImportOptionsProps {
  bundle: Bundle
  imports: ImportInfo[]
  order: Order
  onChange: (next: Partial<Order>) => void
  file: File | undefined
  onFile: (file: File | undefined) => void
  askReason: boolean
}

const modes: ImportMode[] = ['insert', 'update', 'upsert']

function ImportOptions(props: ImportOptionsProps) {
  const { t } = useTranslation()
  const { order, onChange } = props
  const chosen = props.imports.find((one) => one.name === order.importName)
  return (
    <>
      <Labelled id="import-name" label={t('sheets.layout')}>
        <Select
          id="import-name"
          value={order.importName}
          onChange={(importName) => onChange({ importName, given: {} })}
          options={[
            { value: '', label: t('sheets.plain') },
            ...props.imports.map((one) => ({ value: one.name, label: one.title })),
          ]}
        />
      </Labelled>
      {chosen?.asked.map(({ field, label }) => (
        <LabelledText
          key={field}
          id={`import-${field}`}
          label={label}
          help={t('sheets.askedHelp')}
          value={order.given[field] ?? ''}
          onChange={(text) => onChange({ given: givenWith(order.given, field, text) })}
        />
      ))}
      <Labelled id="import-mode" label={t('sheets.mode')}>
        <Select
          id="import-mode"
          value={order.mode}
          onChange={(mode) => onChange({ mode })}
          options={modes.map((mode) => ({ value: mode, label: t(`sheets.${mode}`) }))}
        />
      </Labelled>
      <Labelled id="import-all" label={t('sheets.all')} help={t('sheets.allHelp')}>
        <Switch
          id="import-all"
          style={{ alignSelf: 'flex-start' }}
          checked={order.all}
          onChange={(all) => onChange({ all })}
        />
      </Labelled>
      {props.askReason && (
        <LabelledText
          id="import-reason"
          label={t('sheets.reason')}
          help={t('sheets.reasonHelp')}
          value={order.reason}
          onChange={(reason) => onChange({ reason })}
        />
      )}
      <FileChoice
        entity={props.bundle.entity.name}
        title={chosen?.title ?? titleOf(props.bundle.entity)}
        importName={order.importName}
        file={props.file}
        onFile={props.onFile}
      />
    </>
  )
}

function givenWith(given: Record<string, string>, field: string, text: string) {
  const { [field]: _, ...rest } = given
  return text.trim() === '' ? rest : { ...rest, [field]: text }
}

interface FileChoiceProps {
  entity: string
  title: string
  importName: string
  file: File | undefined
  onFile: (file: File | undefined) => void
}

function FileChoice({ entity, title, importName, file, onFile }: FileChoiceProps) {
  const { t } = useTranslation()
  const failed = useFailureMessage()
  const input = useRef<HTMLInputElement>(null)
  const template = useMutation({
    mutationFn: () => importTemplate(entity, importName),
    onSuccess: (blob) => save(blob, `${t('sheets.templateOf', { title })}.xlsx`),
    onError: failed,
  })
  return (
    <div className="fw-import-file">
      <input
        ref={input}
        type="file"
        hidden
        accept=".xlsx"
        aria-label={t('sheets.choose')}
        onChange={(event) => {
          onFile(event.target.files?.[0])
          event.target.value = '' // the same file may be chosen again after it was mended
        }}
      />
      <Button icon={<UploadOutlined />} onClick={() => input.current?.click()}>
        {t('sheets.choose')}
      </Button>
      <span>{file?.name ?? t('sheets.noFile')}</span>
      <Button
        type="link"
        style={{ paddingInline: 0 }}
        loading={template.isPending}
        onClick={() => template.mutate()}
      >
        {t('sheets.template')}
      </Button>
    </div>
  )
}
