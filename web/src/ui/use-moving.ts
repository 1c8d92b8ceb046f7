import { useRouterState } from '@tanstack/react-router'

/** Whether the next page is on its way: until it is there the one before it is still shown. */
export function useMoving(): boolean {
  return useRouterState({ select: ({ status }) => status === 'pending' })
}
