import { CloseCircleFilled } from '@ant-design/icons'
import { Button, Drawer, Select, Spin } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Choice } from '@/api/records'
import { explain } from '@/lib/problems/explain'
import { titleOf } from '@/lib/texts'
import { usePhone } from '@/ui/use-phone'
import { useForm } from '../form-context'
import { ChoiceList, ChoiceText } from './choice-list'
import type { EditorProps } from './kind'
import { controlProps } from './text-input'
import { useChoices } from './use-choices'
import { useTypingAhead } from './use-typing-ahead'

interface PickerProps extends EditorProps {
  /** What the ids are of: an entity, "user" or "department". */
  target: string
}

/** Chooses one record, person or department by searching. */
export function ReferencePicker(props: PickerProps) {
  return usePhone() ? <PhonePicker {...props} /> : <DeskSelect {...props} />
}

function DeskSelect(props: PickerProps) {
  const { t } = useTranslation()
  const { model } = useForm()
  const [typed, setTyped] = useState(props.cell?.startWith ?? '')
  const [open, setOpen] = useState(props.cell !== undefined)
  const fresh = useRef(true)
  useEffect(() => {
    fresh.current = false
  }, [])
  const search = (text: string) => {
    // The control empties its search when it appears; the character that opened the cell is to stay.
    if (!fresh.current || text !== '') setTyped(text)
  }
  const choices = useChoices(props.path, typed, open)
  const { items, loading, more, error } = choices
  const value = typeof props.value === 'string' ? props.value : undefined
  const take = (item: Choice) => {
    model.learnName(props.target, item.id, item.text)
    props.onChange(item.id)
    setTyped('')
  }
  const keys = useTypingAhead({
    props,
    typed,
    choices,
    onTake: take,
    onClose: () => setOpen(false),
  })
  const options = items.map((item) => ({
    value: item.id,
    label: item.text,
    disabled: item.disabled ?? false,
    note: item.summary?.join(' · '),
  }))
  if (value && typed === '' && !options.some((option) => option.value === value)) {
    options.unshift({
      value,
      label: model.nameOf(props.target, value) ?? value,
      disabled: false,
      note: undefined,
    })
  }
  return (
    <div className="fw-picker" onKeyDownCapture={keys.onKey}>
      <Select
        {...controlProps(props)}
        open={open}
        onOpenChange={setOpen}
        showSearch={{ filterOption: false, searchValue: typed, onSearch: search }}
        // What is required is changed, not emptied, and the button would be one more stop of Tab.
        allowClear={!props.required && !props.cell}
        value={value ?? null}
        options={options}
        optionRender={(option) => (
          <ChoiceText text={String(option.label)} note={option.data.note} />
        )}
        loading={loading}
        placeholder={props.placeholder ?? t('form.search')}
        style={{ width: '100%' }}
        popupMatchSelectWidth={false}
        styles={{ popup: { root: { minWidth: 240, maxWidth: 480 } } }}
        notFoundContent={
          error ? explain(error) : loading ? <Spin size="small" /> : t('common.nothingFound')
        }
        popupRender={(menu) => (
          <>
            {menu}
            {more && <div className="fw-picker-more">{t('form.moreChoices')}</div>}
          </>
        )}
        onActive={keys.onActive}
        onChange={(chosen: string | null | undefined) => {
          const item = items.find((each) => each.id === chosen)
          if (item) take(item)
          else props.onChange(chosen ?? undefined)
          props.cell?.onDone()
        }}
        onBlur={props.onBlur}
      />
    </div>
  )
}

function PhonePicker(props: PickerProps) {
  const { t } = useTranslation()
  const title = titleOf({ ...props.field, name: props.path })
  const { model } = useForm()
  const [open, setOpen] = useState(false)
  const value = typeof props.value === 'string' ? props.value : undefined
  const choose = (choice: Choice | undefined) => {
    if (choice) model.learnName(props.target, choice.id, choice.text)
    props.onChange(choice?.id)
    setOpen(false)
    props.onBlur()
  }
  return (
    <>
      <div className={props.invalid ? 'fw-pick fw-pick-bad' : 'fw-pick'}>
        <button
          type="button"
          id={props.id}
          aria-haspopup="dialog"
          aria-label={`${title}: ${value ? (model.nameOf(props.target, value) ?? value) : t('form.choose')}`}
          aria-describedby={props.describedBy}
          onClick={() => setOpen(true)}
        >
          {value ? (
            (model.nameOf(props.target, value) ?? value)
          ) : (
            <span className="fw-quiet">{props.placeholder ?? t('form.choose')}</span>
          )}
        </button>
        {value && (
          <Button
            type="text"
            icon={<CloseCircleFilled />}
            aria-label={t('form.clear', { field: title })}
            onClick={() => choose(undefined)}
          />
        )}
      </div>
      <Drawer
        open={open}
        onClose={() => setOpen(false)}
        placement="bottom"
        size="85%"
        title={title}
        destroyOnHidden
      >
        <ChoiceList path={props.path} chosen={value ? [value] : []} onChoose={choose} />
      </Drawer>
    </>
  )
}
