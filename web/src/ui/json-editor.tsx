import './json-editor.css'
import { json, jsonParseLinter } from '@codemirror/lang-json'
import { linter, lintGutter } from '@codemirror/lint'
import { EditorState } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { basicSetup } from 'codemirror'
import { useEffect, useRef } from 'react'

interface JsonEditorProps {
  label: string
  /** The text to begin with; later changes are the person's. */
  text: string
  onChange: (text: string) => void
  /** Where the cursor is to go; another object goes there again. */
  goTo?: { offset: number } | undefined
}

/** A text editor for JSON that marks where it is broken. */
export function JsonEditor({ label, text, onChange, goTo }: JsonEditorProps) {
  const place = useRef<HTMLDivElement>(null)
  const shown = useRef<EditorView | undefined>(undefined)
  const changed = useRef(onChange)
  changed.current = onChange
  useEffect(() => {
    if (!place.current) return
    const view = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          basicSetup,
          json(),
          linter(jsonParseLinter()),
          lintGutter(),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': label }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed.current(update.state.doc.toString())
          }),
        ],
      }),
    })
    // What scrolls must be reachable by keyboard.
    view.scrollDOM.tabIndex = 0
    shown.current = view
    return () => {
      shown.current = undefined
      view.destroy()
    }
  }, [text, label])
  useEffect(() => {
    const view = shown.current
    if (!view || !goTo) return
    const anchor = Math.min(goTo.offset, view.state.doc.length)
    view.dispatch({
      selection: { anchor },
      effects: EditorView.scrollIntoView(anchor, { y: 'center' }),
    })
    view.focus()
  }, [goTo])
  return <div ref={place} className="fw-json" />
}
