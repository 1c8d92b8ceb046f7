import { Alert, Button } from 'antd'
import { lazy, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { jsonPlaces, offsetOf, placeAt } from '@/lib/json-places'
import { Boundary } from './boundary'
import { Chip } from './chip'

const JsonEditor = lazy(async () => ({ default: (await import('./json-editor')).JsonEditor }))

/** Something that is wrong with what the text says, at a place in it. */
export interface JsonNote {
  /** JSON pointer. */
  path: string
  text: string
  level: 'error' | 'warning'
}

interface JsonTextProps {
  label: string
  /** The text as it is now; the editor begins with what it was at first. */
  text: string
  onChange: (text: string) => void
  /** What the server found, to be shown at their lines. */
  notes: readonly JsonNote[]
}

/** A JSON text to edit: what is broken is told in words with its line, and so is what the server finds wrong in it. */
export function JsonText({ label, text, onChange, notes }: JsonTextProps) {
  const { t } = useTranslation()
  const [first] = useState(text)
  const [goTo, setGoTo] = useState<{ offset: number } | undefined>()
  const places = jsonPlaces(text)
  const { fault } = places
  const line = (offset: number) => (
    <Button size="small" onClick={() => setGoTo({ offset })}>
      {t('json.line', { line: placeAt(text, offset).line })}
    </Button>
  )
  return (
    <>
      {fault && (
        <Alert
          type="error"
          showIcon
          style={{ marginBottom: 8 }}
          title={t('definitions.broken')}
          description={
            <>
              {t('json.at', { line: fault.line, column: fault.column })}{' '}
              {t(`json.faults.${fault.code}`, { name: fault.name ?? '' })} {line(fault.offset)}
            </>
          }
        />
      )}
      {notes.length > 0 && (
        <ul className="fw-json-notes" aria-label={t('definitions.findings')}>
          {notes.map((note) => (
            <li key={`${note.path}${note.text}`}>
              <Chip tone={note.level === 'error' ? 'bad' : 'warn'}>
                {t(note.level === 'error' ? 'definitions.error' : 'definitions.warning')}
              </Chip>{' '}
              {note.text} {!fault && line(offsetOf(places, note.path))}
            </li>
          ))}
        </ul>
      )}
      <Boundary>
        <JsonEditor label={label} text={first} onChange={onChange} goTo={goTo} />
      </Boundary>
    </>
  )
}
