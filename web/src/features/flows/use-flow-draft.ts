import { useMutation, useQueryClient } from '@tanstack/react-query'
import { App } from 'antd'
import { useTranslation } from 'react-i18next'
import { putDraft } from '@/api/definitions'
import type { Flow } from '@/api/definitions.gen'
import { useFailureMessage } from '@/ui/use-failure-message'

/** Puts a changed flow into the draft. */
export function useFlowDraft(name: string) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const client = useQueryClient()
  const fail = useFailureMessage()
  return useMutation({
    mutationFn: (definition: Flow) => putDraft('flows', name, definition),
    onSuccess: async () => {
      void message.success(t('definitions.saved'))
      await Promise.all(
        ['flows', 'draft', 'definitions'].map((key) =>
          client.invalidateQueries({ queryKey: [key] }),
        ),
      )
    },
    onError: fail,
  })
}
