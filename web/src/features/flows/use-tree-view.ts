import { useState } from 'react'
import type { Flow } from '@/api/definitions.gen'
import { usePhone } from '@/ui/use-phone'
import { waysTo } from './model'

/** How a flow is shown: its branches side by side or below each other, how large, which branches folded. */
export interface TreeView {
  stacked: boolean
  /** 1 is full size. */
  zoom: number
  folded: ReadonlySet<string>
  stack: (stacked: boolean) => void
  magnify: (zoom: number) => void
  fold: (way: string) => void
  /** Opens every folded branch a node stands in. */
  open: (node: string) => void
}

export const zoomSteps = [0.4, 0.5, 0.65, 0.8, 1] as const

/** The view of a flow's tree. A phone is too narrow for branches side by side. */
export function useTreeView(flow: Flow): TreeView {
  const phone = usePhone()
  const [stacked, stack] = useState(phone)
  const [zoom, magnify] = useState(1)
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set())
  return {
    stacked,
    zoom: stacked ? 1 : zoom,
    folded,
    stack,
    magnify,
    fold: (way) =>
      setFolded((old) => {
        const next = new Set(old)
        if (!next.delete(way)) next.add(way)
        return next
      }),
    open: (node) => {
      const around = new Set(waysTo(flow, node))
      setFolded((old) => new Set([...old].filter((way) => !around.has(way))))
    },
  }
}
