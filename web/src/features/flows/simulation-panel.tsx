import { useMutation } from '@tanstack/react-query'
import { Alert, Button, Radio } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  type FlowDetail,
  type Play,
  type PlayVerb,
  type SimulateBody,
  type Simulation,
  simulate,
} from '@/api/flows'
import type { Values } from '@/api/wire'
import { explain } from '@/lib/problems/explain'
import { Boundary } from '@/ui/boundary'
import { Labelled } from '@/ui/labelled'
import { asks, placesOf } from './model'
import { PersonSelect } from './person-select'
import { PlaysEditor } from './plays-editor'
import { RecordChoice } from './record-choice'
import { SimulatedForm } from './simulated-form'
import { SimulationResult } from './simulation-result'

interface SimulationPanelProps {
  flow: FlowDetail
  played: Simulation | undefined
  onPlayed: (simulation: Simulation | undefined) => void
  /** Goes to a node of the tree. */
  onSelect: (node: string) => void
}

type Source = 'new' | 'record'

/** Plays the flow for a chosen person and data. Nothing is stored, nobody is told. */
export function SimulationPanel({ flow, played, onPlayed, onSelect }: SimulationPanelProps) {
  const { t } = useTranslation()
  const [user, setUser] = useState('')
  const [source, setSource] = useState<Source>('new')
  const [record, setRecord] = useState('')
  const [values, setValues] = useState<Values>({})
  const [plays, setPlays] = useState<Record<string, PlayVerb>>({})
  const [version, setVersion] = useState<'draft' | 'live'>(
    flow.drafted && flow.playable ? 'draft' : 'live',
  )
  const body = bodyOf({ user, record: source === 'record' ? record : '', values, plays })
  const playing = useMutation({
    mutationFn: () => simulate(flow.name, { ...body, draft: version === 'draft' }),
    onSuccess: onPlayed,
    // What the last one coloured says nothing of this one.
    onError: () => onPlayed(undefined),
  })
  return (
    <section className="fw-card" aria-label={t('flows.simulation')}>
      <h2>{t('flows.simulation')}</h2>
      <p className="fw-quiet">{t('flows.simulationHelp')}</p>
      {flow.drafted && (
        <Radio.Group
          style={{ marginBottom: 14 }}
          aria-label={t('flows.which')}
          value={version}
          onChange={(event) => setVersion(event.target.value as 'draft' | 'live')}
          options={[
            { value: 'draft', label: t('flows.draft'), disabled: !flow.playable },
            { value: 'live', label: t('flows.live'), disabled: flow.new },
          ]}
        />
      )}
      <Labelled id="simulate-user" label={t('flows.person')} required>
        <PersonSelect id="simulate-user" flow={flow.name} value={user} onChange={setUser} />
      </Labelled>
      <Radio.Group
        style={{ marginBottom: 8 }}
        aria-label={t('flows.data')}
        value={source}
        onChange={(event) => setSource(event.target.value as Source)}
        options={[
          { value: 'new', label: t('flows.newData') },
          { value: 'record', label: t('flows.existing') },
        ]}
      />
      <Boundary>
        {source === 'new' ? (
          <SimulatedForm entity={flow.entity} form={flow.definition.form} onValues={setValues} />
        ) : (
          <RecordChoice entity={flow.entity} value={record} onChange={setRecord} />
        )}
      </Boundary>
      <PlaysEditor
        nodes={placesOf(flow.definition)
          .map(({ node }) => node)
          .filter(asks)}
        plays={plays}
        onChange={setPlays}
      />
      <Button
        type="primary"
        style={{ marginTop: 12 }}
        disabled={user === '' || (source === 'record' && record === '')}
        loading={playing.isPending}
        onClick={() => playing.mutate()}
      >
        {t('flows.simulate')}
      </Button>
      {user === '' && <span className="fw-quiet"> {t('flows.needsPerson')}</span>}
      {!flow.playable && <Alert type="warning" showIcon title={t('flows.notPlayable')} />}
      {playing.error && (
        <Alert
          type="error"
          showIcon
          role="alert"
          style={{ marginTop: 12 }}
          title={t('flows.notSimulated')}
          description={explain(playing.error)}
        />
      )}
      {played && <SimulationResult flow={flow} body={body} played={played} onSelect={onSelect} />}
    </section>
  )
}

interface Chosen {
  user: string
  record: string
  values: Values
  plays: Record<string, PlayVerb>
}

/** What is asked of the server: whoever approves need not be named. */
function bodyOf({ user, record, values, plays }: Chosen): SimulateBody {
  const list: Play[] = Object.entries(plays)
    .filter(([, verb]) => verb !== 'approve')
    .map(([node, verb]) => ({ node, do: verb }))
  if (list.some((play) => play.do === 'return')) list.push({ node: 'start', do: 'resubmit' })
  return {
    user,
    ...(record ? { record } : { values }),
    ...(list.length > 0 ? { plays: list } : {}),
  }
}
