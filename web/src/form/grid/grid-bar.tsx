import {
  PlusOutlined,
  RedoOutlined,
  UndoOutlined,
  VerticalAlignBottomOutlined,
} from '@ant-design/icons'
import { Button, Tooltip } from 'antd'
import { type ReactNode, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import type { FormItem } from '@/api/definitions.gen'
import { shownValue } from '../fields/kinds'
import { useForm } from '../form-context'
import { isFile } from '../patch'
import { useField } from '../use-model'
import { FillButtons } from './fill-buttons'
import type { GridCommands } from './grid-commands'
import { GridHelp } from './grid-help'
import type { GridCursor, GridOptions } from './use-grid-cursor'
import type { TableShape } from './use-table-shape'

interface GridBarProps {
  table: string
  item: FormItem | undefined
  shape: TableShape
  options: GridOptions
  cursor: GridCursor
  commands: GridCommands
}

/** The buttons below a grid that is edited. Each does what a key does, for those who use the mouse. */
export function GridBar({ table, item, shape, options, cursor, commands }: GridBarProps) {
  const { t } = useTranslation()
  const { model } = useForm()
  return (
    <div className="fw-grid-bar">
      {shape.can.add && (
        <>
          <Button
            size="small"
            icon={<PlusOutlined />}
            onClick={() => {
              model.history(table).run(() => model.insertRows(table, [{}]))
              cursor.go({ row: shape.ids.length, column: 0 })
            }}
          >
            {t('grid.addRow')}
          </Button>
          <FillButtons table={table} fills={item?.fill ?? []} />
        </>
      )}
      {shape.ids.length > 1 && <FillCells options={options} cursor={cursor} commands={commands} />}
      <span className="fw-grid-bar-end">
        {shape.can.paste && <span className="fw-help">{t('grid.pasteHint')}</span>}
        <UndoButtons table={table} onUndo={commands.run} />
        <GridHelp />
      </span>
    </div>
  )
}

function FillCells({
  options,
  cursor,
  commands,
}: Pick<GridBarProps, 'options' | 'cursor' | 'commands'>) {
  const { t } = useTranslation()
  const { model, bundle } = useForm()
  const { active, range, used } = cursor
  const column = options.columns[active.column]
  const path = `${options.table}[${options.ids[active.row] ?? ''}].${column?.name ?? ''}`
  const { value } = useField(model, path)
  const several = range.bottom > range.top
  const may = used && column !== undefined && cursor.isOpen(active) && !isFile(column.field)
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
          disabled={!may || range.bottom === 0}
          onClick={() => commands.run('fillDown')}
        >
          {t('grid.fillDown')}
        </Button>
      </Tip>
      <Tip title={`${t('grid.help.fillAll')} · Ctrl+Enter`}>
        <Button
          size="small"
          className="fw-fill-all"
          disabled={shown === undefined}
          onClick={() => commands.run('fillAll')}
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
