import { Empty } from 'antd'
import type { ReactNode } from 'react'

/** An empty list: what would be here, and what to do about it. */
export function Nothing({ text, children }: { text: string; children?: ReactNode }) {
  return (
    <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={text} style={{ padding: '32px 0' }}>
      {children}
    </Empty>
  )
}
