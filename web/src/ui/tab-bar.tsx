import './tab-bar.css'
import { type KeyboardEvent, type ReactNode, useRef } from 'react'

export interface TabOption<K extends string> {
  key: K
  label: ReactNode
}

interface TabBarProps<K extends string> {
  label: string
  tabs: readonly TabOption<K>[]
  selected: K
  onSelect: (key: K) => void
  /** What the selected tab shows. */
  children: ReactNode
}

/** Tabs above their panel. Arrow keys move between them; on a phone the bar is pushed aside with a finger. */
export function TabBar<K extends string>({
  label,
  tabs,
  selected,
  onSelect,
  children,
}: TabBarProps<K>) {
  const bar = useRef<HTMLDivElement>(null)
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (step === 0) return
    const index = tabs.findIndex((tab) => tab.key === selected)
    const next = tabs[(index + step + tabs.length) % tabs.length]
    if (!next) return
    onSelect(next.key)
    bar.current?.querySelector<HTMLElement>(`[data-tab="${next.key}"]`)?.focus()
  }
  return (
    <>
      <div className="fw-tab-bar" role="tablist" aria-label={label} ref={bar} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <button
            key={tab.key}
            type="button"
            role="tab"
            id={`tab-${tab.key}`}
            data-tab={tab.key}
            aria-selected={tab.key === selected}
            aria-controls="tab-panel"
            tabIndex={tab.key === selected ? 0 : -1}
            onClick={() => onSelect(tab.key)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${selected}`}>
        {children}
      </div>
    </>
  )
}
