import './grid.css'
import { CopyOutlined, DeleteOutlined, DownOutlined, UpOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { memo, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Values } from '@/api/wire'
import { cellPath, parsePath } from '@/lib/path'
import { titleOf } from '@/lib/texts'
import { FieldBox } from '../field-box'
import { shownValue } from '../fields/kinds'
import { useForm } from '../form-context'
import { copyOf } from '../patch'
import { useRow } from '../use-model'
import type { GridColumn } from './columns'
import type { GridProps } from './desk-grid'
import { Total } from './grid-parts'
import { PhoneBar } from './phone-bar'

/** A sub-table on a phone: one card for a row. What is counted on site can be changed at once, the rest on opening. */
export function PhoneRows({ table, field, item, shape }: GridProps) {
  const { t } = useTranslation()
  const { model } = useForm()
  const { ids, columns, can } = shape
  const [open, setOpen] = useState<string | undefined>()
  useEffect(
    () =>
      model.onFocus(table, (path) => {
        const { row } = parsePath(path)
        if (row) setOpen(row)
        const target = row ? `row-${table}-${row}` : `rows-${table}`
        requestAnimationFrame(() =>
          document.getElementById(target)?.scrollIntoView({ block: 'center' }),
        )
      }),
    [model, table],
  )
  const history = model.history(table)
  const insert = (values: Values[], at?: number) => {
    const [first] = history.run(() => model.insertRows(table, values, at))
    if (first) setOpen(first)
  }
  const copy = (id: string, index: number) => {
    const { _id, ...values } = copyOf(field.items?.properties ?? {}, model.row(table, id).row)
    insert([values], index + 1)
  }
  return (
    <div id={`rows-${table}`}>
      <ul className="fw-rows" aria-label={titleOf({ ...field, name: table })}>
        {ids.map((id, index) => (
          <RowCard
            key={id}
            table={table}
            id={id}
            index={index}
            columns={columns}
            open={open === id}
            onToggle={() => setOpen(open === id ? undefined : id)}
            onCopy={can.copy ? () => copy(id, index) : undefined}
            onRemove={
              can.delete ? () => history.run(() => model.deleteRows(table, [id])) : undefined
            }
          />
        ))}
      </ul>
      {ids.length === 0 && <p className="fw-quiet">{t('grid.empty')}</p>}
      {!shape.fixed && (
        <PhoneBar table={table} item={item} shape={shape} onAdd={() => insert([{}])} />
      )}
      <PhoneTotals table={table} columns={columns} count={ids.length} />
    </div>
  )
}

interface PhoneTotalsProps {
  table: string
  columns: readonly GridColumn[]
  count: number
}

/** The sums stay in sight while the cards are gone through. */
function PhoneTotals({ table, columns, count }: PhoneTotalsProps) {
  const { t } = useTranslation()
  const summed = columns.filter((column) => column.total)
  if (summed.length === 0 || count === 0) return null
  return (
    <dl className="fw-row-totals" aria-label={t('grid.total')}>
      <div>
        <dt>{t('grid.count')}</dt>
        <dd>{count}</dd>
      </div>
      {summed.map((column) => (
        <div key={column.name}>
          <dt>{column.title}</dt>
          <dd>
            <Total table={table} column={column} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

interface RowCardProps {
  table: string
  id: string
  index: number
  columns: readonly GridColumn[]
  open: boolean
  onToggle: () => void
  onCopy: (() => void) | undefined
  onRemove: (() => void) | undefined
}

const counted: ReadonlySet<string> = new Set(['decimal', 'integer'])

const RowCard = memo(function RowCard(props: RowCardProps) {
  const { t } = useTranslation()
  const { model, bundle, readOnly } = useForm()
  const { table, id, index, columns, open } = props
  const view = useRow(model, table, id)
  const showing = (column: GridColumn) => ({
    field: column.field,
    nameOf: (entity: string, of: string) => model.nameOf(entity, of),
    zone: bundle.zone,
  })
  const shown = columns.filter((column) => !view.state(column.name).hidden)
  const writable = shown.filter((column) => !readOnly && !view.state(column.name).readOnly)
  const first = shown[0]
  const heading = first ? shownValue(view.row[first.name], showing(first)) : ''
  const bad = shown.some((column) => view.problems(column.name).length > 0)
  const edited = writable.filter(
    (column) =>
      open || counted.has(column.field['x-type']) || view.problems(column.name).length > 0,
  )
  const facts = shown.filter((column) => column !== first && !edited.includes(column))
  return (
    <li id={`row-${table}-${id}`} className={bad ? 'fw-row-card fw-row-card-bad' : 'fw-row-card'}>
      <div className="fw-row-head">
        <button type="button" aria-expanded={open} onClick={props.onToggle}>
          {index + 1}. {heading}
        </button>
        {props.onCopy && (
          <Button
            type="text"
            icon={<CopyOutlined />}
            aria-label={t('grid.copyRowNo', { no: index + 1 })}
            onClick={props.onCopy}
          />
        )}
        {props.onRemove && (
          <Button
            type="text"
            icon={<DeleteOutlined />}
            aria-label={t('grid.deleteRowNo', { no: index + 1 })}
            onClick={props.onRemove}
          />
        )}
        {writable.length > 0 && (
          <Button
            type="text"
            icon={open ? <UpOutlined /> : <DownOutlined />}
            aria-label={t(open ? 'grid.close' : 'grid.open', { no: index + 1 })}
            onClick={props.onToggle}
          />
        )}
      </div>
      {edited.length > 0 && (
        <div className="fw-row-body">
          {edited.map((column) => (
            <div
              key={column.name}
              className={counted.has(column.field['x-type']) ? undefined : 'fw-row-wide'}
            >
              <FieldBox
                path={cellPath(table, id, column.name)}
                field={column.field}
                title={column.title}
              />
            </div>
          ))}
        </div>
      )}
      {facts.length > 0 && (
        <dl className="fw-row-facts" style={edited.length > 0 ? {} : { paddingTop: 10 }}>
          {facts.map((column) => (
            <div key={column.name}>
              <dt>{column.title}</dt>
              <dd>
                {view.state(column.name).pending && view.row[column.name] === undefined
                  ? '…'
                  : shownValue(view.row[column.name], showing(column))}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  )
})
