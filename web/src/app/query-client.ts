import { QueryClient } from '@tanstack/react-query'
import { ApiError } from '@/api/request'

/** Server state. A refusal is final; a lost connection or a server in trouble is asked twice more. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
      // The page itself tells that the network is gone; a paused query would look like one that loads for ever.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})
