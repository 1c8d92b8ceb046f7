import { useQueryErrorResetBoundary } from '@tanstack/react-query'
import { Skeleton } from 'antd'
import { Component, type ReactNode, Suspense } from 'react'
import { Failed } from './failed'

interface CatchProps {
  onReset: () => void
  children: ReactNode
}

class Catch extends Component<CatchProps, { error: unknown }> {
  override state: { error: unknown } = { error: undefined }

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  override render() {
    if (this.state.error === undefined) return this.props.children
    return (
      <Failed
        error={this.state.error}
        onRetry={() => {
          this.props.onReset()
          this.setState({ error: undefined })
        }}
      />
    )
  }
}

/** A part of a page that loads and fails by itself: a skeleton first, the reason and a retry if it fails. */
export function Boundary({ children, waiting }: { children: ReactNode; waiting?: ReactNode }) {
  const { reset } = useQueryErrorResetBoundary()
  return (
    <Catch onReset={reset}>
      <Suspense fallback={waiting ?? <Waiting />}>{children}</Suspense>
    </Catch>
  )
}

/** The grey lines shown while something loads. */
export function Waiting() {
  return (
    <div className="fw-page" aria-busy="true">
      <Skeleton active paragraph={{ rows: 6 }} />
    </div>
  )
}
