import { type KeyboardEvent, useEffect, useRef } from 'react'
import type { Choice } from '@/api/records'
import type { EditorProps } from './kind'
import type { Choices } from './use-choices'

interface TypingAhead {
  props: EditorProps
  typed: string
  choices: Choices
  onTake: (item: Choice) => void
  onClose: () => void
}

/**
 * Enter and Tab in a picker of a person who types faster than lists come. The list may still be that of the letters
 * before, and its first line somebody else: in a cell the text is left to be looked up, elsewhere the choice is made
 * when the list has come. Tab takes the line that is marked, as Enter does.
 */
export function useTypingAhead({ props, typed, choices, onTake, onClose }: TypingAhead) {
  const { cell } = props
  const active = useRef<string | undefined>(undefined)
  const waiting = useRef(false)
  const usable = choices.items.filter((item) => !item.disabled)
  const marked = usable.find((item) => item.id === active.current) ?? usable[0]

  useEffect(() => {
    if (!waiting.current || !choices.settled) return
    waiting.current = false
    if (!marked) return
    onTake(marked)
    onClose()
  })

  const known = choices.settled && marked !== undefined
  const onTab = () => {
    if (known) onTake(marked)
    else cell?.onTyped(typed, 'on')
  }
  const onEnter = (event: KeyboardEvent) => {
    if (known) return // the list takes it
    event.preventDefault()
    event.stopPropagation()
    if (cell) cell.onTyped(typed, 'down')
    else waiting.current = !choices.settled
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    waiting.current = false
    if (typed === '') return
    if (event.key === 'Tab') onTab()
    if (event.key === 'Enter') onEnter(event)
  }
  return {
    onKey,
    onActive: (value: unknown) => {
      active.current = typeof value === 'string' ? value : undefined
    },
  }
}
