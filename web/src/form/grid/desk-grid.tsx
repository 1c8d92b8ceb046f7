import './grid.css'
import { PlusOutlined } from '@ant-design/icons'
import { App, Button } from 'antd'
import { useEffect, useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { Field, FormItem } from '@/api/bundle'
import { sum } from '@/lib/decimal'
import { parsePath } from '@/lib/path'
import { useFailureMessage } from '@/ui/use-failure-message'
import { shownValue } from '../fields/kinds'
import { useForm } from '../form-context'
import { copyOf } from '../patch'
import { useInside } from '../use-model'
import { parseCells } from './clipboard'
import type { GridColumn } from './columns'
import { FillButtons } from './fill-buttons'
import { type GridActions, GridRow } from './grid-row'
import { resolvePasted } from './resolve-pasted'
import { useGrid } from './use-grid'
import type { TableShape } from './use-table-shape'
import { useWindow } from './use-window'

const rowHeight = 37

interface DeskGridProps {
  table: string
  field: Field
  item: FormItem | undefined
  shape: TableShape
}

/** A sub-table with the habits of a spreadsheet. */
export function DeskGrid({ table, field, item, shape }: DeskGridProps) {
  const { t } = useTranslation()
  const { model } = useForm()
  const { ids, columns } = shape
  const scroller = useRef<HTMLDivElement>(null)
  const onPasteCells = usePasteCells(table, columns)
  const grid = useGrid({
    model,
    table,
    columns,
    ids,
    readOnly: shape.fixed,
    canAdd: shape.can.add,
    onPasteCells,
  })
  const shown = useWindow(scroller, ids.length, rowHeight)
  const latest = useRef({ grid, ids })
  latest.current = { grid, ids }

  const actions = useMemo<GridActions>(() => {
    const idAt = (row: number) => latest.current.ids[row] ?? ''
    return {
      edit: (row, column) => latest.current.grid.edit({ row, column }),
      select: (row, column, extend) => latest.current.grid.go({ row, column }, extend),
      finish: () => latest.current.grid.finish(),
      copy: shape.can.copy
        ? (row) => {
            const source = model.row(table, idAt(row)).row
            const { _id, ...values } = copyOf(field.items?.properties ?? {}, source)
            model.insertRows(table, [values], row + 1)
          }
        : undefined,
      remove: shape.can.delete ? (row) => model.deleteRows(table, [idAt(row)]) : undefined,
    }
  }, [model, table, field, shape.can.copy, shape.can.delete])

  useEffect(
    () =>
      model.onFocus(table, (path) => {
        const { row, column } = parsePath(path)
        const at = {
          row: Math.max(0, latest.current.ids.indexOf(row ?? '')),
          column: Math.max(
            0,
            columns.findIndex((each) => each.name === column),
          ),
        }
        const element = scroller.current
        if (element && at.row * rowHeight > element.clientHeight)
          element.scrollTop = at.row * rowHeight
        element?.scrollIntoView({ block: 'center' })
        latest.current.grid.go(at)
      }),
    [model, table, columns],
  )

  const { cursor, range } = grid
  const tools = shape.can.copy || shape.can.delete
  return (
    <div>
      <div ref={scroller} className={shown.windowed ? 'fw-grid-box fw-grid-tall' : 'fw-grid-box'}>
        {/* biome-ignore lint/a11y/useSemanticElements: a table whose cells are operated like a spreadsheet is a grid */}
        <table
          role="grid"
          ref={grid.root}
          className="fw-grid"
          aria-label={field.title}
          aria-rowcount={ids.length + 1}
          aria-readonly={shape.fixed}
          onKeyDown={grid.onKeyDown}
          onCopy={grid.onCopy}
          onPaste={grid.onPaste}
          onBlur={(event) => {
            if (
              cursor.editing &&
              event.relatedTarget &&
              !event.currentTarget.contains(event.relatedTarget)
            ) {
              grid.finish()
            }
          }}
        >
          <GridHead table={table} columns={columns} tools={tools} />
          <tbody>
            {shown.before > 0 && <tr aria-hidden="true" style={{ height: shown.before }} />}
            {ids.slice(shown.first, shown.last).map((id, offset) => {
              const index = shown.first + offset
              const here = cursor.active.row === index
              return (
                <GridRow
                  key={id}
                  table={table}
                  id={id}
                  index={index}
                  columns={columns}
                  active={here ? cursor.active.column : -1}
                  selected={selection(range, index)}
                  editing={here ? cursor.editing : undefined}
                  actions={actions}
                />
              )
            })}
            {shown.after > 0 && <tr aria-hidden="true" style={{ height: shown.after }} />}
          </tbody>
          {columns.some((column) => column.total) && (
            <GridFoot table={table} columns={columns} tools={tools} />
          )}
        </table>
        {ids.length === 0 && <div className="fw-grid-empty">{t('grid.empty')}</div>}
      </div>
      {!shape.fixed && (
        <div className="fw-grid-bar">
          {shape.can.add && (
            <Button
              size="small"
              icon={<PlusOutlined />}
              onClick={() => {
                model.insertRows(table, [{}])
                grid.go({ row: ids.length, column: 0 })
              }}
            >
              {t('grid.addRow')}
            </Button>
          )}
          {shape.can.add && <FillButtons table={table} fills={item?.fill ?? []} />}
          {shape.can.paste && <span className="fw-help">{t('grid.pasteHint')}</span>}
        </div>
      )}
    </div>
  )
}

function selection(
  range: { top: number; bottom: number; left: number; right: number },
  row: number,
) {
  const single = range.top === range.bottom && range.left === range.right
  return !single && row >= range.top && row <= range.bottom
    ? ([range.left, range.right] as const)
    : null
}

function usePasteCells(table: string, columns: readonly GridColumn[]) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const { model, bundle } = useForm()
  const fail = useFailureMessage()
  return (row: string | null, first: number, text: string) => {
    if (!model.hasEngine()) {
      void message.info(t('grid.pasteLater'))
      return
    }
    const into = columns.slice(first)
    const cells = parseCells(text).map((line) => line.slice(0, into.length))
    resolvePasted(bundle.entity.name, table, into, cells, model.values()).then((resolved) => {
      for (const name of resolved.names) model.learnName(name.target, name.id, name.text)
      model.paste(
        table,
        row,
        into.map((column) => column.name),
        resolved.cells,
      )
    }, fail)
  }
}

interface PartProps {
  table: string
  columns: readonly GridColumn[]
  tools: boolean
}

function GridHead({ table, columns, tools }: PartProps) {
  const { t } = useTranslation()
  const { model } = useForm()
  return (
    <thead>
      <tr aria-rowindex={1}>
        <th scope="col" className="fw-grid-no">
          <span className="fw-sr">{t('grid.no')}</span>
        </th>
        {columns.map((column) => (
          <th
            key={column.name}
            scope="col"
            style={{ width: column.width }}
            className={column.numeric ? 'fw-number' : ''}
          >
            {column.title}
            {model.stateOf(`${table}.${column.name}`).required && (
              <span className="fw-required" aria-hidden="true">
                *
              </span>
            )}
          </th>
        ))}
        {tools && (
          <th scope="col" className="fw-grid-tools">
            <span className="fw-sr">{t('grid.tools')}</span>
          </th>
        )}
      </tr>
    </thead>
  )
}

function GridFoot({ table, columns, tools }: PartProps) {
  const { t } = useTranslation()
  return (
    <tfoot>
      <tr>
        <th scope="row" className="fw-grid-no">
          {t('grid.total')}
        </th>
        {columns.map((column) => (
          <td key={column.name} className="fw-number">
            {column.total && <Total table={table} column={column} />}
          </td>
        ))}
        {tools && <td className="fw-grid-tools" />}
      </tr>
    </tfoot>
  )
}

/** The exact sum of a column as it stands. */
export function Total({ table, column }: { table: string; column: GridColumn }) {
  const { model } = useForm()
  const total = useInside(model, table, () => sum(model.rows(table).map((row) => row[column.name])))
  return <>{shownValue(total, { field: column.field, nameOf: () => undefined, zone: undefined })}</>
}
