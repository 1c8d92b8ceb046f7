import './grid.css'
import { type RefObject, useCallback, useEffect, useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { Field } from '@/api/bundle'
import type { FormItem } from '@/api/definitions.gen'
import { cellPath, parsePath } from '@/lib/path'
import { titleOf } from '@/lib/texts'
import { useForm } from '../form-context'
import type { GridCommand } from './commands'
import type { Range } from './cursor'
import { GridBar, type GridPlace } from './grid-bar'
import { type GridCommands, gridCommands } from './grid-commands'
import { GridFoot, GridHead } from './grid-parts'
import { type GridActions, GridRow } from './grid-row'
import { onGridKey } from './keys'
import { usePointer } from './pointer'
import { useGridClipboard } from './use-grid-clipboard'
import { type GridCursor, type GridOptions, useGridCursor } from './use-grid-cursor'
import { useResolving } from './use-resolving'
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
  const { model } = useForm()
  const { ids, columns, can, fixed } = shape
  const root = useRef<HTMLTableElement>(null)
  const scroller = useRef<HTMLDivElement>(null)
  const options: GridOptions = { model, table, columns, ids, readOnly: fixed, canAdd: can.add }
  const reveal = useReveal(scroller)
  const cursor = useGridCursor(options, root, reveal)
  const commands = gridCommands(options, cursor, can)
  const resolving = useResolving(table)
  const clipboard = useGridClipboard(options, cursor, commands)
  const latest = useRef({ cursor, commands, ids })
  latest.current = { cursor, commands, ids }
  const actions = useGridActions({ latest, table, shape, resolve: resolving.resolve })
  useCellFocus({ table, shape, latest, scroller })
  const rows = useWindow(scroller, ids.length, rowHeight)
  const tools = can.copy || can.delete
  const filled = () => {
    const { row, column } = cursor.active
    return model.row(table, ids[row] ?? '').row[columns[column]?.name ?? ''] !== undefined
  }
  const pointer = usePointer(cursor, columns)
  const place = usePlace(options, cursor)
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
          onKeyDown={(event) => onGridKey(event, { cursor, columns, commands, filled })}
          {...pointer}
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
                  used={here && cursor.used}
                  selected={selectedIn(cursor.range, index)}
                  editing={here ? cursor.editing : undefined}
                  actions={actions.rows}
                  resolving={resolving.inRow(id)}
                />
              )
            })}
            {rows.after > 0 && <tr style={{ height: rows.after }} />}
            {ids.length === 0 && (
              <EmptyRow
                span={columns.length + 1 + Number(tools)}
                writable={can.add}
                onAdd={actions.add}
              />
            )}
          </tbody>
          {ids.length > 0 && <GridFoot table={table} columns={columns} tools={tools} />}
        </table>
      </div>
      {!fixed && (
        <GridBar
          table={table}
          item={item}
          shape={shape}
          place={place}
          onAdd={actions.add}
          onCommand={actions.run}
        />
      )}
    </div>
  )
}

interface EmptyRowProps {
  span: number
  writable: boolean
  onAdd: () => void
}

/** Stands where rows will be; with the focus on it one can begin, or paste. */
function EmptyRow({ span, writable, onAdd }: EmptyRowProps) {
  const { t } = useTranslation()
  return (
    <tr>
      <td
        colSpan={span}
        className="fw-grid-empty"
        tabIndex={writable ? 0 : undefined}
        data-empty
        onKeyDown={(event) => {
          if (!writable || event.key !== 'Enter') return
          event.preventDefault()
          event.stopPropagation()
          onAdd()
        }}
        onDoubleClick={writable ? onAdd : undefined}
      >
        {t(writable ? 'grid.emptyKeys' : 'grid.empty')}
      </td>
    </tr>
  )
}

/** Lists of controls open outside the grid, yet belong to the cell. */
function isPopup(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('.ant-select-dropdown, .ant-picker-dropdown, .ant-modal') !== null
  )
}

/** The selected columns of a row, as one text so that rows render only when it changes; "" if none. */
function selectedIn(range: Range, row: number): string {
  const single = range.top === range.bottom && range.left === range.right
  return !single && row >= range.top && row <= range.bottom ? `${range.left}-${range.right}` : ''
}

/** Scrolls to a row that is not in the page, as only those in sight are. */
function useReveal(scroller: RefObject<HTMLElement | null>) {
  return useCallback(
    (row: number) => {
      const element = scroller.current
      if (element) element.scrollTop = Math.max(0, (row - 3) * rowHeight)
    },
    [scroller],
  )
}

interface Latest {
  cursor: GridCursor
  commands: GridCommands
  ids: readonly string[]
}

interface ActionsOf {
  latest: RefObject<Latest>
  table: string
  shape: TableShape
  resolve: GridActions['typed']
}

/** What rows and buttons ask of the grid; the same functions at every render. */
function useGridActions({ latest, table, shape, resolve }: ActionsOf) {
  const { model } = useForm()
  const { copy, delete: remove } = shape.can
  return useMemo(() => {
    const rows: GridActions = {
      finish: () => latest.current.cursor.finish(),
      typed: resolve,
      down: () => latest.current.cursor.down(),
      copy: copy ? (row) => latest.current.commands.copyRow(row) : undefined,
      remove: remove ? (row) => latest.current.commands.deleteRow(row) : undefined,
    }
    const run = (command: GridCommand) => latest.current.commands.run(command)
    const add = () => {
      model.history(table).run(() => model.insertRows(table, [{}]))
      latest.current.cursor.go({ row: latest.current.ids.length, column: 0 })
    }
    return { rows, run, add }
  }, [model, table, copy, remove, latest, resolve])
}

/** What the buttons tell of the cursor: the same object until it moves. */
function usePlace({ table, ids, columns }: GridOptions, cursor: GridCursor): GridPlace {
  const { active, range, used } = cursor
  const column = columns[active.column]
  const path = cellPath(table, ids[active.row] ?? '', column?.name ?? '')
  const open = used && cursor.isOpen(active)
  const several = range.bottom > range.top
  const below = range.bottom > 0
  return useMemo(
    () => ({ path, column, several, below, open }),
    [path, column, several, below, open],
  )
}

interface CellFocus {
  table: string
  shape: TableShape
  latest: RefObject<Latest>
  scroller: RefObject<HTMLElement | null>
}

/** Lets problems lead to their cells. */
function useCellFocus({ latest, table, shape, scroller }: CellFocus): void {
  const { model } = useForm()
  const { columns } = shape
  useEffect(
    () =>
      model.onFocus(table, (path) => {
        const { row, column } = parsePath(path)
        scroller.current?.scrollIntoView({ block: 'center' })
        if (latest.current.ids.length === 0) {
          scroller.current?.querySelector<HTMLElement>('[data-empty]')?.focus()
          return
        }
        latest.current.cursor.go({
          row: Math.max(0, latest.current.ids.indexOf(row ?? '')),
          column: Math.max(
            0,
            columns.findIndex((each) => each.name === column),
          ),
        })
      }),
    [model, table, columns, latest, scroller],
  )
}
