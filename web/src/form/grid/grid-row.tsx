import { CopyOutlined, DeleteOutlined } from '@ant-design/icons'
import { Button, Tooltip } from 'antd'
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import { cellPath } from '@/lib/path'
import { kindOf, shownValue } from '../fields/kinds'
import { useForm } from '../form-context'
import type { RowView } from '../model'
import { useRow } from '../use-model'
import { useProblemText } from '../use-problem-text'
import type { GridColumn } from './columns'

export interface GridRowProps {
  table: string
  id: string
  index: number
  columns: readonly GridColumn[]
  /** The active column if the cursor is in this row, else -1. */
  active: number
  /** The selected columns of this row; null if none. */
  selected: readonly [number, number] | null
  editing: { startWith?: string } | undefined
  actions: GridActions
}

/** What a row asks of its grid; the same object at every render, so that rows render only for their own changes. */
export interface GridActions {
  edit: (row: number, column: number) => void
  select: (row: number, column: number, extend: boolean) => void
  finish: () => void
  copy?: ((row: number) => void) | undefined
  remove?: ((row: number) => void) | undefined
}

/** A row of the desk's grid: cells as text, but for the one being edited. */
export const GridRow = memo(function GridRow(props: GridRowProps) {
  const { t } = useTranslation()
  const { model } = useForm()
  const view = useRow(model, props.table, props.id)
  const { index, actions } = props
  return (
    <tr aria-rowindex={index + 2}>
      <th scope="row" className="fw-grid-no">
        {index + 1}
      </th>
      {props.columns.map((column, position) => (
        <GridCell key={column.name} {...props} column={column} position={position} view={view} />
      ))}
      {(actions.copy || actions.remove) && (
        <td className="fw-grid-tools">
          {actions.copy && (
            <Tooltip title={t('grid.copyRow')}>
              <Button
                type="text"
                size="small"
                tabIndex={-1}
                icon={<CopyOutlined />}
                aria-label={t('grid.copyRowNo', { no: index + 1 })}
                onClick={() => actions.copy?.(index)}
              />
            </Tooltip>
          )}
          {actions.remove && (
            <Tooltip title={t('grid.deleteRow')}>
              <Button
                type="text"
                size="small"
                tabIndex={-1}
                icon={<DeleteOutlined />}
                aria-label={t('grid.deleteRowNo', { no: index + 1 })}
                onClick={() => actions.remove?.(index)}
              />
            </Tooltip>
          )}
        </td>
      )}
    </tr>
  )
})

interface GridCellProps extends GridRowProps {
  column: GridColumn
  position: number
  view: RowView
}

function cellClass(props: GridCellProps, readOnly: boolean, bad: boolean): string {
  const { position, selected, active, column } = props
  const inRange = selected !== null && position >= selected[0] && position <= selected[1]
  return [
    'fw-cell',
    column.numeric && 'fw-number',
    readOnly && 'fw-cell-quiet',
    inRange && 'fw-cell-selected',
    active === position && 'fw-cell-active',
    bad && 'fw-cell-bad',
  ]
    .filter(Boolean)
    .join(' ')
}

function GridCell(props: GridCellProps) {
  const { column, position, view, index, active, actions } = props
  const { model, bundle, readOnly } = useForm()
  const textOfProblem = useProblemText()
  const state = view.state(column.name)
  const problems = state.hidden ? [] : view.problems(column.name)
  const fixed = readOnly || state.readOnly === true
  const editing = active === position ? props.editing : undefined
  const note = problems.map(textOfProblem).join(' ')
  const className = cellClass(props, fixed, problems.length > 0)
  if (editing && !fixed) {
    return (
      <td
        role="gridcell"
        className={`${className} fw-cell-editing`}
        data-cell={`${index},${position}`}
      >
        <CellEditor {...props} startWith={editing.startWith} bad={problems.length > 0} />
      </td>
    )
  }
  const value = view.row[column.name]
  const text = state.hidden
    ? ''
    : state.pending && value === undefined
      ? '…'
      : shownValue(value, {
          field: column.field,
          nameOf: (entity, id) => model.nameOf(entity, id),
          zone: bundle.zone,
        })
  return (
    <td
      role="gridcell"
      className={className}
      tabIndex={active === position ? 0 : -1}
      data-cell={`${index},${position}`}
      aria-readonly={fixed}
      aria-invalid={problems.length > 0}
      title={note || undefined}
      onMouseDown={(event) => {
        if (event.shiftKey) {
          event.preventDefault()
          actions.select(index, position, true)
        }
      }}
      onClick={(event) => {
        if (!event.shiftKey) actions.edit(index, position)
      }}
    >
      {text === '–' ? '' : text}
      {note && <span className="fw-sr">{note}</span>}
    </td>
  )
}

function CellEditor(props: GridCellProps & { startWith: string | undefined; bad: boolean }) {
  const { t } = useTranslation()
  const { model } = useForm()
  const { column, table, id, index } = props
  const path = cellPath(table, id, column.name)
  const { Editor } = kindOf(column.field)
  return (
    <Editor
      id={`cell-${path}`}
      path={path}
      field={column.field}
      value={props.view.row[column.name]}
      onChange={(value) => model.set(path, value)}
      onBlur={() => model.visit(path)}
      invalid={props.bad}
      cell={{
        label: t('grid.cell', { column: column.title, no: index + 1 }),
        startWith: props.startWith,
        onDone: props.actions.finish,
      }}
    />
  )
}
