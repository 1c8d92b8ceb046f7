import './grid.css'
import { PlusOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { type MouseEvent, type RefObject, useEffect, useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { Field } from '@/api/bundle'
import type { FormItem } from '@/api/definitions.gen'
import { parsePath } from '@/lib/path'
import { titleOf } from '@/lib/texts'
import { useForm } from '../form-context'
import { copyOf } from '../patch'
import type { Cell, Range } from './cursor'
import { FillButtons } from './fill-buttons'
import { GridFoot, GridHead } from './grid-parts'
import { type GridActions, GridRow } from './grid-row'
import { onGridKey } from './keys'
import { useGridClipboard } from './use-grid-clipboard'
import { type GridCursor, type GridOptions, useGridCursor } from './use-grid-cursor'
import type { TableShape } from './use-table-shape'
import { useWindow } from './use-window'

const rowHeight = 37

export interface GridProps {
  table: string
  field: Field
  item: FormItem | undefined
  shape: TableShape
}

/** A sub-table with the habits of a spreadsheet. */
export function DeskGrid({ table, field, item, shape }: GridProps) {
  const { t } = useTranslation()
  const { model } = useForm()
  const { ids, columns, can, fixed } = shape
  const root = useRef<HTMLTableElement>(null)
  const scroller = useRef<HTMLDivElement>(null)
  const options: GridOptions = { model, table, columns, ids, readOnly: fixed, canAdd: can.add }
  const cursor = useGridCursor(options, root)
  const clipboard = useGridClipboard(options, cursor)
  const latest = useRef({ cursor, ids })
  latest.current = { cursor, ids }
  const actions = useGridActions({ table, field, shape, latest })
  useCellFocus({ table, shape, latest, scroller })
  const rows = useWindow(scroller, ids.length, rowHeight)
  const tools = can.copy || can.delete
  return (
    <div>
      <div ref={scroller} className={rows.windowed ? 'fw-grid-box fw-grid-tall' : 'fw-grid-box'}>
        <table
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: its cells are operated like a spreadsheet's
          role="grid"
          ref={root}
          className="fw-grid"
          aria-label={titleOf({ ...field, name: table })}
          aria-rowcount={ids.length + 1}
          aria-readonly={fixed}
          onKeyDown={(event) => onGridKey(event, cursor, columns)}
          {...pointerHandlers(cursor)}
          {...clipboard}
          onBlur={(event) => {
            const left = event.relatedTarget && !event.currentTarget.contains(event.relatedTarget)
            if (cursor.editing && left && !isPopup(event.relatedTarget)) cursor.leave()
          }}
        >
          <GridHead table={table} columns={columns} tools={tools} />
          <tbody>
            {rows.before > 0 && <tr style={{ height: rows.before }} />}
            {ids.slice(rows.first, rows.last).map((id, offset) => {
              const index = rows.first + offset
              const here = cursor.active.row === index
              return (
                <GridRow
                  key={id}
                  table={table}
                  id={id}
                  index={index}
                  columns={columns}
                  active={here ? cursor.active.column : -1}
                  selected={selectedIn(cursor.range, index)}
                  editing={here ? cursor.editing : undefined}
                  actions={actions}
                />
              )
            })}
            {rows.after > 0 && <tr style={{ height: rows.after }} />}
          </tbody>
          <GridFoot table={table} columns={columns} tools={tools} />
        </table>
        {ids.length === 0 && <div className="fw-grid-empty">{t('grid.empty')}</div>}
      </div>
      {!fixed && <GridBar table={table} item={item} shape={shape} cursor={cursor} />}
    </div>
  )
}

/** A click edits a cell, with shift it extends the selection to it. */
function pointerHandlers(cursor: GridCursor) {
  const cellAt = (target: EventTarget): Cell | undefined => {
    const cell = target instanceof HTMLElement ? target.closest<HTMLElement>('td[data-cell]') : null
    const [row, column] = cell?.dataset['cell']?.split(',').map(Number) ?? []
    return row === undefined || column === undefined ? undefined : { row, column }
  }
  return {
    onMouseDown: (event: MouseEvent) => {
      // Otherwise the browser would select text.
      if (event.shiftKey && cellAt(event.target)) event.preventDefault()
    },
    onClick: (event: MouseEvent) => {
      const cell = cellAt(event.target)
      if (!cell) return
      const { row, column } = cursor.active
      if (event.shiftKey) cursor.go(cell, true)
      else if (!cursor.editing || row !== cell.row || column !== cell.column) cursor.edit(cell)
    },
  }
}

/** Lists of controls open outside the grid, yet belong to the cell. */
function isPopup(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('.ant-select-dropdown, .ant-picker-dropdown') !== null
  )
}

/** The selected columns of a row, as one text so that rows render only when it changes; "" if none. */
function selectedIn(range: Range, row: number): string {
  const single = range.top === range.bottom && range.left === range.right
  return !single && row >= range.top && row <= range.bottom ? `${range.left}-${range.right}` : ''
}

function GridBar({
  table,
  item,
  shape,
  cursor,
}: Omit<GridProps, 'field'> & { cursor: GridCursor }) {
  const { t } = useTranslation()
  const { model } = useForm()
  if (!shape.can.add && !shape.can.paste) return null
  return (
    <div className="fw-grid-bar">
      {shape.can.add && (
        <>
          <Button
            size="small"
            icon={<PlusOutlined />}
            onClick={() => {
              model.insertRows(table, [{}])
              cursor.go({ row: shape.ids.length, column: 0 })
            }}
          >
            {t('grid.addRow')}
          </Button>
          <FillButtons table={table} fills={item?.fill ?? []} />
        </>
      )}
      {shape.can.paste && <span className="fw-help">{t('grid.pasteHint')}</span>}
    </div>
  )
}

interface Latest {
  latest: RefObject<{ cursor: GridCursor; ids: readonly string[] }>
  table: string
  shape: TableShape
}

function useGridActions({ latest, table, shape, field }: Latest & { field: Field }): GridActions {
  const { model } = useForm()
  const { copy, delete: remove } = shape.can
  return useMemo<GridActions>(() => {
    const idAt = (row: number) => latest.current.ids[row] ?? ''
    return {
      finish: () => latest.current.cursor.finish(),
      copy: copy
        ? (row) => {
            const source = model.row(table, idAt(row)).row
            const { _id, ...values } = copyOf(field.items?.properties ?? {}, source)
            model.insertRows(table, [values], row + 1)
          }
        : undefined,
      remove: remove ? (row) => model.deleteRows(table, [idAt(row)]) : undefined,
    }
  }, [model, table, field, copy, remove, latest])
}

/** Lets problems lead to their cells. */
function useCellFocus({
  latest,
  table,
  shape,
  scroller,
}: Latest & { scroller: RefObject<HTMLElement | null> }): void {
  const { model } = useForm()
  const { columns } = shape
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
        latest.current.cursor.go(at)
      }),
    [model, table, columns, latest, scroller],
  )
}
