import {
  PlusOutlined,
  RedoOutlined,
  UndoOutlined,
  VerticalAlignBottomOutlined,
} from '@ant-design/icons'
import { Button, Tooltip } from 'antd'
import { memo, type ReactNode, useDeferredValue, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import type { FormItem } from '@/api/definitions.gen'
import { shownValue } from '../fields/kinds'
import { useForm } from '../form-context'
import { isFile } from '../patch'
import { useField } from '../use-model'
import type { GridColumn } from './columns'
import type { GridCommand } from './commands'
import { FillButtons } from './fill-buttons'
import { GridHelp } from './grid-help'
import type { TableShape } from './use-table-shape'

/** Where the cursor is, as far as the buttons tell. */
export interface GridPlace {
  path: string
  column: GridColumn | undefined
  /** Several rows are selected. */
  several: boolean
  /** There is a row above. */
  below: boolean
  open: boolean
}

interface GridBarProps {
  table: string
  item: FormItem | undefined
  shape: TableShape
  place: GridPlace
  onAdd: () => void
  onCommand: (command: GridCommand) => void
}

/**
 * The buttons below a grid that is edited. Each does what a key does, for those who use the mouse. They follow the cursor
 * when there is time: no key waits for them.
 */
export function GridBar(props: GridBarProps) {
  return <Bar {...props} place={useDeferredValue(props.place)} />
}

const Bar = memo(function Bar({ table, item, shape, place, onAdd, onCommand }: GridBarProps) {
  const { t } = useTranslation()
  return (
    <div className="fw-grid-bar">
      {shape.can.add && (
        <>
          <Button size="small" icon={<PlusOutlined />} onClick={onAdd}>
            {t('grid.addRow')}
          </Button>
          <FillButtons table={table} fills={item?.fill ?? []} />
        </>
      )}
      {shape.ids.length > 1 && <FillCells place={place} onCommand={onCommand} />}
      <span className="fw-grid-bar-end">
        {shape.can.paste && <span className="fw-help">{t('grid.pasteHint')}</span>}
        <UndoButtons table={table} onUndo={onCommand} />
        <GridHelp />
      </span>
    </div>
  )
})

function FillCells({ place, onCommand }: Pick<GridBarProps, 'place' | 'onCommand'>) {
  const { t } = useTranslation()
  const { model, bundle } = useForm()
  const { path, column, several, below } = place
  const { value } = useField(model, path)
  const may = place.open && column !== undefined && !isFile(column.field)
  const shown =
    may && value !== undefined
      ? shownValue(value, {
          field: column.field,
          nameOf: (entity, id) => model.nameOf(entity, id),
          zone: bundle.zone,
        })
      : undefined
  return (
    <>
      <Tip title={`${t('grid.help.fillDown')} · Ctrl+D`}>
        <Button
          size="small"
          icon={<VerticalAlignBottomOutlined />}
          disabled={!may || !below}
          onClick={() => onCommand('fillDown')}
        >
          {t('grid.fillDown')}
        </Button>
      </Tip>
      <Tip title={`${t('grid.help.fillAll')} · Ctrl+Enter`}>
        <Button
          size="small"
          className="fw-fill-all"
          disabled={shown === undefined}
          onClick={() => onCommand('fillAll')}
        >
          {shown === undefined
            ? t('grid.fillAll')
            : t(several ? 'grid.fillSelectedWith' : 'grid.fillAllWith', { value: shown })}
        </Button>
      </Tip>
    </>
  )
}

function Tip({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Tooltip title={title} mouseEnterDelay={0.6}>
      {children}
    </Tooltip>
  )
}

/** Takes back what was done to the rows, and does it again. */
export function UndoButtons({
  table,
  onUndo,
}: {
  table: string
  onUndo: (command: 'undo' | 'redo') => void
}) {
  const { t } = useTranslation()
  const { model } = useForm()
  const history = model.history(table)
  const canUndo = useSyncExternalStore(history.subscribe, history.canUndo)
  const canRedo = useSyncExternalStore(history.subscribe, history.canRedo)
  return (
    <>
      <Button
        type="text"
        size="small"
        icon={<UndoOutlined />}
        disabled={!canUndo}
        aria-label={t('grid.undo')}
        title={t('grid.undo')}
        onClick={() => onUndo('undo')}
      />
      <Button
        type="text"
        size="small"
        icon={<RedoOutlined />}
        disabled={!canRedo}
        aria-label={t('grid.redo')}
        title={t('grid.redo')}
        onClick={() => onUndo('redo')}
      />
    </>
  )
}
