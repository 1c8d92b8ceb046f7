import { useMutation, useQueryClient } from '@tanstack/react-query'
import { App } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { checkDraft, discardDraft, publishAgain, publishDraft } from '@/api/definitions'
import { Attempt } from '@/api/request'
import { useFailureMessage } from '@/ui/use-failure-message'

/** The commands on the draft as a whole. */
export function useDraftCommands() {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const client = useQueryClient()
  const fail = useFailureMessage()
  const [attempt] = useState(() => new Attempt())
  // Menu, bundles and everything else made from definitions may differ after a publish.
  const published = async (number: number | undefined) => {
    attempt.done()
    await client.invalidateQueries()
    void message.success(
      number ? t('definitions.published', { version: number }) : t('definitions.publishedAgain'),
    )
  }
  const check = useMutation({ mutationFn: checkDraft, onError: fail })
  const publish = useMutation({
    mutationFn: (body: { note: string; accept: string[] }) =>
      publishDraft(body, attempt.keyFor(body)),
    onSuccess: (answer) => published(answer.number),
    onError: fail,
  })
  const discard = useMutation({
    mutationFn: discardDraft,
    onSuccess: () => client.invalidateQueries({ queryKey: ['draft'] }),
    onError: fail,
  })
  const again = useMutation({
    mutationFn: (number: number) => publishAgain(number, attempt.keyFor(number)),
    onSuccess: () => published(undefined),
    onError: fail,
  })
  return { check, publish, discard, again }
}
