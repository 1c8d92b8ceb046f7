import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { App } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { automationQueries, pressButton } from '@/api/automations'
import type { StoredRecord } from '@/api/records'
import { Attempt } from '@/api/request'
import { useFailureMessage } from '@/ui/use-failure-message'

/** Where the names of flows begin among the keys of the record's menu. */
const prefix = 'flow:'

/** The flows the reader may start on a record, as items of its menu, and what starts one. */
export function useFlowButtons(record: StoredRecord) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const client = useQueryClient()
  const fail = useFailureMessage()
  const [attempt] = useState(() => new Attempt())
  const { data: buttons = [] } = useQuery(automationQueries.buttons(record.entity, record.id))
  const pressing = useMutation({
    mutationFn: (flow: string) =>
      pressButton(record.entity, record.id, flow, attempt.keyFor({ flow, rev: record.rev })),
    onSuccess: async () => {
      attempt.done()
      void message.success(t('automation.started'))
      await client.invalidateQueries({ queryKey: ['records', record.entity] })
    },
    onError: fail,
  })
  return {
    items: buttons.map((button) => ({
      key: prefix + button.flow,
      label: button.title,
      disabled: pressing.isPending,
    })),
    /** Starts the flow of a menu key; false if the key is another item's. */
    press: (key: string) => {
      if (!key.startsWith(prefix)) return false
      pressing.mutate(key.slice(prefix.length))
      return true
    },
  }
}
