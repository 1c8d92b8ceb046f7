import { useSyncExternalStore } from 'react'

// A phone stays one when it is turned: the page would be built anew, and what was typed would be gone. The style sheets
// say the same.
const phone = window.matchMedia('(max-width: 768px), (max-height: 500px) and (pointer: coarse)')

function subscribe(listener: () => void): () => void {
  phone.addEventListener('change', listener)
  return () => phone.removeEventListener('change', listener)
}

/** Whether the window is as narrow as a phone's, upright or on its side. */
export function usePhone(): boolean {
  return useSyncExternalStore(subscribe, () => phone.matches)
}
