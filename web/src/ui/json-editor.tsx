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
}

/** A text editor for JSON that marks where it is broken. */
export function JsonEditor({ label, text, onChange }: JsonEditorProps) {
  const place = useRef<HTMLDivElement>(null)
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
    return () => view.destroy()
  }, [text, label])
  return <div ref={place} className="fw-json" />
}
