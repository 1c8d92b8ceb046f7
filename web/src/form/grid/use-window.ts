import { type RefObject, useEffect, useState } from 'react'

/** Rows beyond which only those in sight are in the page. */
const enough = 80
const margin = 12
/** The page follows the scrolling in steps of so many rows. */
const stride = 4

/** The rows of a scrolled grid to put into the page: all of them while they are few. */
export function useWindow(
  scroller: RefObject<HTMLElement | null>,
  count: number,
  rowHeight: number,
) {
  const [top, setTop] = useState(0)
  const windowed = count > enough
  useEffect(() => {
    const element = scroller.current
    if (!windowed || !element) return
    const high = rowHeight * stride
    const onScroll = () => setTop(Math.floor(element.scrollTop / high) * high)
    element.addEventListener('scroll', onScroll, { passive: true })
    return () => element.removeEventListener('scroll', onScroll)
  }, [scroller, windowed, rowHeight])
  if (!windowed) return { first: 0, last: count, before: 0, after: 0, windowed }
  const height = scroller.current?.clientHeight ?? 600
  const first = Math.max(0, Math.floor(top / rowHeight) - margin)
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + stride + margin)
  return { first, last, before: first * rowHeight, after: (count - last) * rowHeight, windowed }
}
