import { useEffect } from 'react'

const inDialog = '.ant-modal, .ant-drawer, .ant-popover, .ant-dropdown, .ant-select-dropdown'

/** Writing on a phone brings up its keyboard, which nobody asked for when a dialog closes. */
function bringsKeyboard(element: HTMLElement): boolean {
  return element.matches('input, textarea') && matchMedia('(pointer: coarse)').matches
}

/** The focus is nowhere, or in what has been hidden. */
function isLost(active: Element | null): boolean {
  return !active || active === document.body || !active.checkVisibility()
}

function dialogIsOpen(): boolean {
  return [...document.querySelectorAll<HTMLElement>('[role="dialog"]')].some(
    (dialog) => dialog.getClientRects().length > 0,
  )
}

/**
 * Where the keyboard goes on when what had the focus is gone: after a dialog, where one was before it; after a page, at
 * the beginning of the next one. Dialogs are taken off the page as soon as they are done with, so they cannot do it.
 */
export function useFocusKept(): void {
  useEffect(() => {
    let before: HTMLElement | undefined
    const onFocus = ({ target }: FocusEvent) => {
      // A key may lead out of a dialog for a moment, until it takes the focus back.
      if (target instanceof HTMLElement && !target.closest(inDialog) && !dialogIsOpen()) {
        before = target
      }
    }
    // Who presses beside everything wants the focus nowhere. What is taken off the page loses it, too, but unasked.
    let pressing = false
    const onPress = () => {
      pressing = true
      requestAnimationFrame(() => {
        pressing = false
      })
    }
    const onLeave = ({ target, relatedTarget }: FocusEvent) => {
      if (pressing && relatedTarget === null && target === before) before = undefined
    }
    const mend = () => {
      asked = 0
      if (!isLost(document.activeElement) || dialogIsOpen() || !before) return
      if (!before.isConnected) document.getElementById('main')?.focus({ preventScroll: true })
      else if (!bringsKeyboard(before)) before.focus({ preventScroll: true }) // in vain while it is disabled
    }
    let asked = 0
    // A page that is being built may set the focus itself, so it is looked at once that is over.
    const observer = new MutationObserver(() => {
      asked ||= requestAnimationFrame(mend)
    })
    document.addEventListener('mousedown', onPress, true)
    document.addEventListener('focusin', onFocus)
    document.addEventListener('focusout', onLeave)
    observer.observe(document.body, {
      childList: true,
      subtree: true,
      attributeFilter: ['class', 'style', 'disabled'],
    })
    return () => {
      document.removeEventListener('mousedown', onPress, true)
      document.removeEventListener('focusin', onFocus)
      document.removeEventListener('focusout', onLeave)
      observer.disconnect()
      cancelAnimationFrame(asked)
    }
  }, [])
}
