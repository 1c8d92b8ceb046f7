import { useSuspenseQuery } from '@tanstack/react-query'
import { Alert } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type ApproverTable, type FlowDetail, flowQueries } from '@/api/flows'
import { Boundary } from '@/ui/boundary'
import { Labelled } from '@/ui/labelled'
import { PersonSelect } from './person-select'
import { rangeText, whoText } from './texts'

/** Who approves what, at which amount: generated from the boundaries in the flow's conditions. */
export function ApproverTablePanel({ flow }: { flow: FlowDetail }) {
  const { t } = useTranslation()
  const [user, setUser] = useState('')
  return (
    <section className="fw-card">
      <p className="fw-quiet">{t('flows.tableHelp')}</p>
      <div style={{ maxWidth: 320, marginBottom: 12 }}>
        <Labelled id="table-user" label={t('flows.tablePerson')}>
          <PersonSelect id="table-user" flow={flow.name} value={user} onChange={setUser} />
        </Labelled>
      </div>
      {flow.playable || !flow.drafted ? (
        <Boundary>
          <Table flow={flow} user={user} />
        </Boundary>
      ) : (
        <Alert type="warning" showIcon title={t('flows.notPlayable')} />
      )}
    </section>
  )
}

function Table({ flow, user }: { flow: FlowDetail; user: string }) {
  const { t } = useTranslation()
  const { data: table } = useSuspenseQuery(flowQueries.table(flow.name, user, flow.drafted))
  return (
    <>
      {table.undecided && (
        <Alert
          type="info"
          showIcon
          title={t('flows.undecided', { fields: table.undecided.join(t('flows.and')) })}
        />
      )}
      {table.truncated && <Alert type="info" showIcon title={t('flows.truncated')} />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls sideways must be reachable by keyboard */}
      <section className="fw-flow-scroll" tabIndex={0} aria-label={t('flows.tabs.table')}>
        <table className="fw-matrix">
          <thead>
            <tr>
              {table.variables.map((variable) => (
                <th key={variable.path} scope="col">
                  {variable.title}
                </th>
              ))}
              {table.nodes.map((node) => (
                <th key={node.node} scope="col">
                  {node.title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row) => (
              <Row key={JSON.stringify(row.when)} table={table} row={row} />
            ))}
          </tbody>
        </table>
      </section>
    </>
  )
}

function Row({ table, row }: { table: ApproverTable; row: ApproverTable['rows'][number] }) {
  const { t } = useTranslation()
  return (
    <tr>
      {table.variables.map((variable, i) => (
        <th key={variable.path} scope="row">
          {rangeText(row.when[i] ?? { any: true }, variable)}
        </th>
      ))}
      {table.nodes.map((node) => (
        <td key={node.node}>
          {row.failed ? (
            t('flows.fails')
          ) : row.nodes.includes(node.node) ? (
            <Cell node={node} />
          ) : (
            '—'
          )}
        </td>
      ))}
    </tr>
  )
}

function Cell({ node }: { node: ApproverTable['nodes'][number] }) {
  const { t } = useTranslation()
  return node.entries.map((entry) => (
    <div key={entry.who}>
      {entry.people.length > 0
        ? entry.people.map((person) => person.name || person.id).join(t('flows.and'))
        : whoText(entry.who, entry.name)}
    </div>
  ))
}
