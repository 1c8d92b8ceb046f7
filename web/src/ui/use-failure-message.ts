import { App } from 'antd'
import { useCallback } from 'react'
import { explain } from '@/lib/problems/explain'

/** A function that tells, in passing, why a command was refused. */
export function useFailureMessage(): (error: unknown) => void {
  const { message } = App.useApp()
  return useCallback((error) => void message.error(explain(error), 6), [message])
}
