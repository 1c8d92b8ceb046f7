import { useCallback, useEffect, useState } from 'react'

/** Whether something has the whole screen, and the switch. */
export interface FullScreen {
  on: boolean
  /** The browser gives the whole screen; otherwise it is only the whole window. */
  real: boolean
  toggle: () => void
}

/**
 * Takes the whole screen, where the browser gives it, else the window: what fills it is up to the page. Esc leaves it, and
 * so does leaving the page.
 */
export function useFullScreen(): FullScreen {
  const [on, setOn] = useState(false)
  const real = document.fullscreenEnabled === true
  const toggle = useCallback(() => {
    setOn((before) => !before)
  }, [])
  useEffect(() => {
    if (!on) return
    const left = () => {
      if (!document.fullscreenElement) setOn(false)
    }
    // The browser takes Esc itself while it gives the screen; a dialog above the page has it first.
    const esc = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented || document.fullscreenElement) return
      if (!document.querySelector('.ant-modal-wrap:not([style*="display: none"])')) setOn(false)
    }
    document.addEventListener('fullscreenchange', left)
    document.addEventListener('keydown', esc)
    // Where it is refused the page still fills the window.
    if (real) document.documentElement.requestFullscreen().catch(() => undefined)
    return () => {
      document.removeEventListener('fullscreenchange', left)
      document.removeEventListener('keydown', esc)
      if (document.fullscreenElement) document.exitFullscreen().catch(() => undefined)
    }
  }, [on, real])
  return { on, real, toggle }
}
