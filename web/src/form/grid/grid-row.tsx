import { CopyOutlined, DeleteOutlined } from '@ant-design/icons'
import { memo, type ReactNode } from 'react'
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
  /** The person has been in the grid, so that the place of the cursor is shown. */
  used: boolean
  /** The selected columns of this row as "first-last"; "" if none. */
  selected: string
  editing: { startWith?: string } | undefined
  actions: GridActions
  /** Columns whose text is being looked up, joined by commas. */
  resolving: string
}

/** What a row asks of its grid; the same object at every render, so that rows render only for their own changes. */
export interface GridActions {
  finish: () => void
  /** A text was typed that names a record, and nobody waited for the list. */
  typed: (id: string, column: GridColumn, text: string) => void
  down: () => void
  copy?: ((row: number) => void) | undefined
  remove?: ((row: number) => void) | undefined
}

const copyIcon = <CopyOutlined />
const deleteIcon = <DeleteOutlined />

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
          <RowButton
            icon={copyIcon}
            title={t('grid.copyRow')}
            label={t('grid.copyRowNo', { no: index + 1 })}
            reachable={props.active >= 0}
            onPress={actions.copy && (() => actions.copy?.(index))}
          />
          <RowButton
            icon={deleteIcon}
            title={t('grid.deleteRow')}
            label={t('grid.deleteRowNo', { no: index + 1 })}
            reachable={props.active >= 0}
            onPress={actions.remove && (() => actions.remove?.(index))}
          />
        </td>
      )}
    </tr>
  )
})

interface RowButtonProps {
  icon: ReactNode
  title: string
  label: string
  /** Only the buttons of the row with the cursor are in the order of Tab. */
  reachable: boolean
  onPress: (() => void) | undefined
}

/** A button of the browser itself: a grid has two in each row, and they are to cost nothing. */
function RowButton({ icon, title, label, reachable, onPress }: RowButtonProps) {
  if (!onPress) return null
  return (
    <button
      type="button"
      className="fw-grid-tool"
      tabIndex={reachable ? 0 : -1}
      title={title}
      aria-label={label}
      onClick={onPress}
    >
      {icon}
    </button>
  )
}

interface GridCellProps extends GridRowProps {
  column: GridColumn
  position: number
  view: RowView
}

function cellClass(props: GridCellProps, readOnly: boolean, bad: boolean): string {
  const { position, selected, active, column } = props
  const [first = -1, last = -1] = selected === '' ? [] : selected.split('-').map(Number)
  const inRange = position >= first && position <= last
  return [
    'fw-cell',
    column.numeric && 'fw-number',
    readOnly && 'fw-cell-quiet',
    inRange && 'fw-cell-selected',
    active === position && 'fw-cell-active',
    active === position && props.used && 'fw-cell-used',
    bad && 'fw-cell-bad',
  ]
    .filter(Boolean)
    .join(' ')
}

/** What stands in a cell that is not edited. */
function useCellText({ column, view }: GridCellProps): string {
  const { model, bundle, readOnly } = useForm()
  const state = view.state(column.name)
  const value = view.row[column.name]
  if (state.hidden) return ''
  if (value === undefined) return state.pending && !readOnly ? '…' : ''
  return shownValue(value, {
    field: column.field,
    nameOf: (entity, id) => model.nameOf(entity, id),
    zone: bundle.zone,
  })
}

function GridCell(props: GridCellProps) {
  const { column, position, view, index, active } = props
  const { readOnly } = useForm()
  const textOfProblem = useProblemText()
  const text = useCellText(props)
  const state = view.state(column.name)
  const problems = state.hidden ? [] : view.problems(column.name)
  const fixed = readOnly || state.readOnly === true
  const editing = active === position ? props.editing : undefined
  const waits = props.resolving.split(',').includes(column.name)
  const note = waits ? '' : problems.map(textOfProblem).join(' ')
  const className = cellClass(props, fixed, note !== '' && !editing)
  if (editing && !fixed) {
    return (
      <td className={`${className} fw-cell-editing`} data-cell={`${index},${position}`}>
        <CellEditor
          {...props}
          startWith={editing.startWith}
          bad={problems.length > 0 && view.row[column.name] !== undefined}
        />
      </td>
    )
  }
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: a cell of a grid may be invalid and read-only
    <td
      className={className}
      tabIndex={active === position ? 0 : -1}
      data-cell={`${index},${position}`}
      aria-readonly={fixed}
      aria-invalid={note !== ''}
      aria-selected={className.includes('fw-cell-selected') || undefined}
      // What does not fit is read by pointing at it.
      title={note || (text.length > 8 ? text : undefined)}
    >
      {text}
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
        onTyped: (text, way) => {
          props.actions.typed(id, column, text)
          if (way === 'down') props.actions.down()
        },
      }}
    />
  )
}
