import { useCallback, useEffect, useRef } from 'react'

/** Tells whether the page it was called in is still shown: an answer that comes later must not lead its reader away. */
export function useHere(): () => boolean {
  const here = useRef(true)
  useEffect(() => {
    here.current = true
    return () => {
      here.current = false
    }
  }, [])
  return useCallback(() => here.current, [])
}
