import { PlusOutlined, UserAddOutlined } from '@ant-design/icons'
import { Button, Drawer } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { FormItem } from '@/api/definitions.gen'
import { ChoiceList } from '../fields/choice-list'
import { useForm } from '../form-context'
import type { GridColumn } from './columns'
import { FillButtons } from './fill-buttons'
import { UndoButtons } from './grid-bar'
import { isNamed, targetOf } from './resolve-texts'
import { SetAll } from './set-all'
import type { TableShape } from './use-table-shape'

interface PhoneBarProps {
  table: string
  item: FormItem | undefined
  shape: TableShape
  onAdd: () => void
}

/** The buttons below the cards of a sub-table. */
export function PhoneBar({ table, item, shape, onAdd }: PhoneBarProps) {
  const { t } = useTranslation()
  const { model } = useForm()
  const history = model.history(table)
  const [first] = shape.columns
  const named =
    first && isNamed(first) && !model.stateOf(`${table}.${first.name}`).readOnly ? first : undefined
  return (
    <div className="fw-phone-bar">
      {shape.can.add && named && <AddBySearch table={table} column={named} />}
      {shape.can.add && !named && (
        <Button block icon={<PlusOutlined />} onClick={onAdd}>
          {t('grid.addRow')}
        </Button>
      )}
      <div className="fw-phone-tools">
        {shape.can.add && <FillButtons table={table} fills={item?.fill ?? []} />}
        {shape.ids.length > 1 && <SetAll table={table} shape={shape} />}
        <span className="fw-phone-undo">
          <UndoButtons
            table={table}
            onUndo={(command) => (command === 'undo' ? history.undo() : history.redo())}
          />
        </span>
      </div>
    </div>
  )
}

/** Rows are added by what they are about: one search, any number of taps. A second tap takes a new row back. */
function AddBySearch({ table, column }: { table: string; column: GridColumn }) {
  const { t } = useTranslation()
  const { model } = useForm()
  const [open, setOpen] = useState(false)
  const [added, setAdded] = useState<ReadonlyMap<string, string>>(new Map())
  const history = model.history(table)
  const title = t('grid.addOf', { column: column.title })
  const present = open ? model.rows(table).map((row) => String(row[column.name] ?? '')) : []
  const toggle = (choice: { id: string; text: string }) => {
    const row = added.get(choice.id)
    const rest = new Map(added)
    if (row) {
      history.run(() => model.deleteRows(table, [row]))
      rest.delete(choice.id)
    } else if (!present.includes(choice.id)) {
      model.learnName(targetOf(column), choice.id, choice.text)
      const [id] = history.run(() => model.insertRows(table, [{ [column.name]: choice.id }]))
      if (id) rest.set(choice.id, id)
    }
    setAdded(rest)
  }
  const close = () => {
    setOpen(false)
    setAdded(new Map())
  }
  return (
    <>
      <Button block type="primary" ghost icon={<UserAddOutlined />} onClick={() => setOpen(true)}>
        {title}
      </Button>
      <Drawer
        open={open}
        onClose={close}
        placement="bottom"
        size="85%"
        title={title}
        destroyOnHidden
        footer={
          <Button block type="primary" onClick={close}>
            {t('grid.addDone', { count: added.size })}
          </Button>
        }
      >
        <ChoiceList
          path={`${table}.${column.name}`}
          chosen={present}
          chosenNote={t('grid.isThere')}
          onChoose={toggle}
        />
      </Drawer>
    </>
  )
}
