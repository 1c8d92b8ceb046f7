import { Select, Spin } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { explain } from '@/lib/problems/explain'
import { useForm } from '../form-context'
import type { EditorProps } from './kind'
import { controlProps } from './text-input'
import { useChoices } from './use-choices'

/** Chooses any number of records or people by searching. */
export function SeveralPicker(props: EditorProps & { target: string }) {
  const { t } = useTranslation()
  const { model } = useForm()
  const [typed, setTyped] = useState('')
  const [open, setOpen] = useState(props.cell !== undefined)
  const { items, loading, error } = useChoices(props.path, typed, open)
  const value = Array.isArray(props.value) ? props.value.map(String) : []
  const offered = items.map((item) => ({
    value: item.id,
    label: item.text,
    disabled: item.disabled ?? false,
  }))
  const kept = value
    .filter((id) => !items.some((item) => item.id === id))
    .map((id) => ({ value: id, label: model.nameOf(props.target, id) ?? id, disabled: false }))
  return (
    <Select
      {...controlProps(props)}
      mode="multiple"
      open={open}
      onOpenChange={setOpen}
      showSearch={{ filterOption: false, searchValue: typed, onSearch: setTyped }}
      value={value}
      options={typed ? offered : [...kept, ...offered]}
      placeholder={props.placeholder ?? t('form.search')}
      style={{ width: '100%' }}
      notFoundContent={
        error ? explain(error) : loading ? <Spin size="small" /> : t('common.nothingFound')
      }
      onChange={(chosen: string[]) => {
        for (const item of items) {
          if (chosen.includes(item.id)) model.learnName(props.target, item.id, item.text)
        }
        setTyped('')
        props.onChange(chosen.length > 0 ? chosen : undefined)
      }}
      onBlur={props.onBlur}
    />
  )
}
