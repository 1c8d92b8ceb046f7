import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { Alert, Modal, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { definitionQueries, putDraft } from '@/api/definitions'
import type { Flow } from '@/api/definitions.gen'
import { explain } from '@/lib/problems/explain'
import { titleOf } from '@/lib/texts'
import { Labelled } from '@/ui/labelled'
import { LabelledText } from '@/ui/labelled-text'

interface NewFlowDialogProps {
  onClose: () => void
  /** It is in the draft now. */
  onMade: (name: string) => void
}

const nameRule = /^[a-z][a-z0-9_]{0,47}$/

/** Begins a flow in the draft: one approval by the submitter's superior, to be changed from there. */
export function NewFlowDialog({ onClose, onMade }: NewFlowDialogProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const { data: definitions } = useSuspenseQuery(definitionQueries.all())
  const [entity, setEntity] = useState<string | undefined>()
  const [title, setTitle] = useState('')
  const [name, setName] = useState('')
  const entities = definitions.filter(({ kind }) => kind === 'entities')
  const taken = definitions.some(({ kind, name: other }) => kind === 'flows' && other === name)
  const making = useMutation({
    mutationFn: () =>
      putDraft('flows', name, firstFlow(name, title.trim(), entity ?? '', t('flows.firstNode'))),
    onSuccess: async () => {
      await Promise.all(
        ['flows', 'draft', 'definitions'].map((key) =>
          client.invalidateQueries({ queryKey: [key] }),
        ),
      )
      onMade(name)
    },
  })
  const problem = taken
    ? t('flows.nameTaken')
    : name !== '' && !nameRule.test(name)
      ? t('flows.nameRule')
      : undefined
  return (
    <Modal
      open
      title={t('flows.add')}
      okText={t('flows.add')}
      cancelText={t('common.cancel')}
      confirmLoading={making.isPending}
      okButtonProps={{
        disabled: !entity || title.trim() === '' || name === '' || problem !== undefined,
      }}
      onOk={() => making.mutate()}
      onCancel={onClose}
    >
      <p className="fw-quiet">{t('flows.addHelp')}</p>
      <Labelled id="flow-entity" label={t('flows.of')} required>
        <Select
          id="flow-entity"
          style={{ width: '100%' }}
          showSearch={{ optionFilterProp: 'label' }}
          value={entity ?? null}
          onChange={(chosen: string | null) => setEntity(chosen ?? undefined)}
          options={entities.map((each) => ({ value: each.name, label: titleOf(each) }))}
        />
      </Labelled>
      <LabelledText
        id="flow-title"
        label={t('flows.flowTitle')}
        required
        maxLength={100}
        value={title}
        onChange={setTitle}
      />
      <LabelledText
        id="flow-name"
        label={t('definitions.key')}
        required
        help={t('flows.nameRule')}
        problem={problem}
        autoCapitalize="none"
        autoComplete="off"
        value={name}
        onChange={setName}
      />
      {making.error && <Alert type="error" showIcon role="alert" title={explain(making.error)} />}
    </Modal>
  )
}

function firstFlow(name: string, title: string, entity: string, node: string): Flow {
  return {
    name,
    title,
    entity,
    nodes: [{ name: 'leader', type: 'approve', title: node, who: ['leader:1'] }],
  }
}
