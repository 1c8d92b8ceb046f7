import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Node } from '@/api/definitions.gen'
import type { PlayVerb } from '@/api/flows'
import { titleOf } from '@/lib/texts'

interface PlaysEditorProps {
  nodes: readonly Node[]
  plays: Record<string, PlayVerb>
  onChange: (plays: Record<string, PlayVerb>) => void
}

/** What people do at each node of a simulation. */
export function PlaysEditor({ nodes, plays, onChange }: PlaysEditorProps) {
  const { t } = useTranslation()
  if (nodes.length === 0) return null
  const verbs = (node: Node): PlayVerb[] => [
    'approve',
    ...(node.type === 'approve' ? (['reject', 'return'] as const) : []),
    ...(node.timeout?.length ? (['timeout'] as const) : []),
    'stop',
  ]
  return (
    <details>
      <summary>{t('flows.plays')}</summary>
      <div className="fw-plays">
        {nodes.map((node) => (
          <Play key={node.name} node={node}>
            <Select<PlayVerb>
              id={`play-${node.name}`}
              size="small"
              value={plays[node.name] ?? 'approve'}
              onChange={(verb) => onChange({ ...plays, [node.name]: verb })}
              options={verbs(node).map((verb) => ({
                value: verb,
                label: t(`flows.verbs.${verb}`),
              }))}
            />
          </Play>
        ))}
      </div>
    </details>
  )
}

function Play({ node, children }: { node: Node; children: React.ReactNode }) {
  return (
    <>
      <label htmlFor={`play-${node.name}`}>{titleOf(node)}</label>
      {children}
    </>
  )
}
