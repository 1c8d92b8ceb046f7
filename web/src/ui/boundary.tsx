import { useQueryErrorResetBoundary } from '@tanstack/react-query'
import { Skeleton } from 'antd'
import { Component, type ReactNode, Suspense } from 'react'
import { isFailure } from '@/lib/problems/failure'
import { Failed } from './failed'

interface CatchProps {
  onReset: () => void
  of: string | undefined
  absent: ReactNode
  children: ReactNode
}

interface CatchState {
  error: unknown
  of: string | undefined
}

class Catch extends Component<CatchProps, { error: unknown }> {
  override state: CatchState = { error: undefined, of: this.props.of }

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  static getDerivedStateFromProps({ of }: CatchProps, state: CatchState) {
    return of === state.of ? null : { error: undefined, of }
  }

  override render() {
    const { error } = this.state
    if (error === undefined) return this.props.children
    if (this.props.absent && isFailure(error) && error.code === 'not_found')
      return this.props.absent
    return (
      <Failed
        error={error}
        onRetry={() => {
          this.props.onReset()
          this.setState({ error: undefined })
        }}
      />
    )
  }
}

interface BoundaryProps {
  waiting?: ReactNode
  /** What it shows: a failure belongs to one thing and goes with it. */
  of?: string
  /** Said instead of the failure where the thing is no longer there. */
  absent?: ReactNode
  children: ReactNode
}

/** A part of a page that loads and fails by itself: a skeleton first, the reason and a retry if it fails. */
export function Boundary({ children, waiting, of, absent }: BoundaryProps) {
  const { reset } = useQueryErrorResetBoundary()
  return (
    <Catch onReset={reset} of={of} absent={absent}>
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
