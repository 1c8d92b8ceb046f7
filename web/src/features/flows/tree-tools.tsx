import { CompressOutlined, MinusOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Segmented, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Flow } from '@/api/definitions.gen'
import { titleOf } from '@/lib/texts'
import { placesOf } from './model'
import { type TreeView, zoomSteps } from './use-tree-view'

/** From how many nodes on one looks for a node by its name. */
const manyNodes = 8

interface TreeToolsProps {
  flow: Flow
  view: TreeView
  /** Makes the whole width visible. */
  onFit: () => void
  /** Goes to a node. */
  onFind: (node: string) => void
}

/** Finds a node in a large flow, and changes how the flow is shown. */
export function TreeTools({ flow, view, onFit, onFind }: TreeToolsProps) {
  const { t } = useTranslation()
  const nodes = placesOf(flow).map(({ node }) => node)
  const branched = nodes.some((node) => node.type === 'branch')
  if (!branched && nodes.length < manyNodes) return null
  const smaller = zoomSteps.filter((step) => step < view.zoom - 0.001).at(-1)
  const larger = zoomSteps.find((step) => step > view.zoom + 0.001)
  return (
    <div className="fw-tree-tools">
      {nodes.length >= manyNodes && (
        <Select
          aria-label={t('flows.findNode')}
          placeholder={t('flows.findNode')}
          className="fw-tree-find"
          showSearch={{ optionFilterProp: 'label' }}
          value={null}
          onChange={(name: string | null) => name && onFind(name)}
          options={nodes.map((node) => ({ value: node.name, label: titleOf(node) }))}
        />
      )}
      {branched && (
        <Segmented
          aria-label={t('flows.layout')}
          value={view.stacked ? 'stacked' : 'side'}
          onChange={(value) => view.stack(value === 'stacked')}
          options={[
            { value: 'side', label: t('flows.sideBySide') },
            { value: 'stacked', label: t('flows.stacked') },
          ]}
        />
      )}
      {branched && !view.stacked && (
        <span className="fw-tree-zoom">
          <Button
            icon={<MinusOutlined />}
            aria-label={t('flows.zoomOut')}
            disabled={smaller === undefined}
            onClick={() => smaller !== undefined && view.magnify(smaller)}
          />
          <output aria-label={t('flows.zoom')}>{Math.round(view.zoom * 100)}%</output>
          <Button
            icon={<PlusOutlined />}
            aria-label={t('flows.zoomIn')}
            disabled={larger === undefined}
            onClick={() => larger !== undefined && view.magnify(larger)}
          />
          <Button icon={<CompressOutlined />} onClick={onFit}>
            {t('flows.fit')}
          </Button>
        </span>
      )}
    </div>
  )
}
