import { Empty, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Choice } from '@/api/records'
import { explain } from '@/lib/problems/explain'
import { useChoices } from './use-choices'

/** A choice: its name, and what tells it from others of the same name. */
export function ChoiceText({ text, note }: { text: string; note: string | undefined }) {
  return (
    <div className="fw-choice">
      <div>{text}</div>
      {note && <div className="fw-quiet">{note}</div>}
    </div>
  )
}

interface ChoiceListProps {
  path: string
  /** Ids of what is chosen already. */
  chosen: readonly string[]
  /** What is said of those, instead of their summary. */
  chosenNote?: string
  onChoose: (choice: Choice) => void
}

/** What may be chosen, as a list to be searched and tapped. */
export function ChoiceList({ path, chosen, chosenNote, onChoose }: ChoiceListProps) {
  const { t } = useTranslation()
  const [typed, setTyped] = useState('')
  const { items, loading, more, error } = useChoices(path, typed, true)
  return (
    <>
      <Input.Search
        allowClear
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        placeholder={t('form.search')}
        aria-label={t('form.search')}
        loading={loading}
      />
      {error && <p className="fw-problem">{explain(error)}</p>}
      {!loading && items.length === 0 && !error && (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('common.nothingFound')} />
      )}
      <ul className="fw-choices">
        {items.map((item) => (
          <li key={item.id}>
            <button
              type="button"
              disabled={item.disabled}
              aria-pressed={chosen.includes(item.id)}
              onClick={() => onChoose(item)}
            >
              <ChoiceText
                text={item.text}
                note={
                  (chosen.includes(item.id) ? chosenNote : undefined) ?? item.summary?.join(' · ')
                }
              />
            </button>
          </li>
        ))}
      </ul>
      {more && <p className="fw-quiet">{t('form.moreChoices')}</p>}
    </>
  )
}
