import { Button, Drawer } from 'antd'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Wire } from '@/api/wire'
import { cellPath } from '@/lib/path'
import { kindOf } from '../fields/kinds'
import { useForm } from '../form-context'
import { isFile } from '../patch'
import type { CellValues } from './cells'
import type { GridColumn } from './columns'
import { isNamed } from './resolve-texts'
import type { TableShape } from './use-table-shape'

/** One value for a column of all rows: eight hours for everybody. */
export function SetAll({ table, shape }: { table: string; shape: TableShape }) {
  const { t } = useTranslation()
  const { model } = useForm()
  const [open, setOpen] = useState(false)
  const columns = shape.columns.filter(
    (column) =>
      !isFile(column.field) &&
      !isNamed(column) &&
      shape.ids.some((id) => !model.stateOf(cellPath(table, id, column.name)).readOnly),
  )
  if (columns.length === 0) return null
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t('grid.setAll')}</Button>
      <Drawer
        open={open}
        onClose={() => setOpen(false)}
        placement="bottom"
        size="auto"
        title={t('grid.setAll')}
        destroyOnHidden
      >
        <SetAllForm table={table} ids={shape.ids} columns={columns} onDone={() => setOpen(false)} />
      </Drawer>
    </>
  )
}

interface SetAllFormProps {
  table: string
  ids: readonly string[]
  columns: readonly GridColumn[]
  onDone: () => void
}

function SetAllForm({ table, ids, columns, onDone }: SetAllFormProps) {
  const { t } = useTranslation()
  const { model } = useForm()
  const id = useId()
  const firstValue = (name: string) => model.row(table, ids[0] ?? '').row[name]
  const [name, setName] = useState(columns[0]?.name ?? '')
  const [value, setValue] = useState<Wire | undefined>(() => firstValue(name))
  const column = columns.find((each) => each.name === name)
  if (!column) return null
  const { Editor } = kindOf(column.field)
  const apply = () => {
    const cells: CellValues = new Map()
    for (const row of ids) {
      const path = cellPath(table, row, name)
      if (!model.stateOf(path).readOnly) cells.set(path, value)
    }
    model.history(table).run(() => model.write(table, cells))
    onDone()
  }
  return (
    <div className="fw-set-all">
      <label htmlFor={`${id}column`}>{t('grid.setAllColumn')}</label>
      <select
        id={`${id}column`}
        className="fw-native"
        value={name}
        onChange={(event) => {
          setName(event.target.value)
          setValue(firstValue(event.target.value))
        }}
      >
        {columns.map((each) => (
          <option key={each.name} value={each.name}>
            {each.title}
          </option>
        ))}
      </select>
      <label htmlFor={`${id}value`}>{t('grid.setAllValue')}</label>
      <Editor
        key={name}
        id={`${id}value`}
        path={`${table}.${name}`}
        field={column.field}
        value={value}
        onChange={setValue}
        onBlur={() => undefined}
        invalid={false}
      />
      <Button type="primary" block onClick={apply}>
        {t('grid.setAllApply', { count: ids.length })}
      </Button>
    </div>
  )
}
