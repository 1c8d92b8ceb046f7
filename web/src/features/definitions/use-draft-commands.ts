import { useMutation, useQueryClient } from '@tanstack/react-query'
import { App } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  checkDraft,
  discardDraft,
  type Finding,
  type Published,
  publishAgain,
  publishDraft,
} from '@/api/definitions'
import { ApiError, Attempt } from '@/api/request'
import { useFailureMessage } from '@/ui/use-failure-message'

const preparing = 'preparing'

/** What a publish asks a tick for; none if anything else stands against it. */
export function warningsOf(error: unknown): readonly Finding[] {
  if (!(error instanceof ApiError) || error.findings.some(({ level }) => level !== 'warning'))
    return []
  return error.findings.map((finding) => ({ ...finding, level: 'warning' }))
}

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
  // Many records are prepared in parts: the server is asked again until nothing is left.
  const prepared = async (ask: () => Promise<Published>): Promise<Published> => {
    try {
      for (;;) {
        try {
          return await ask()
        } catch (error) {
          if (!(error instanceof ApiError) || error.code !== 'publish_preparing') throw error
          const content = t('definitions.preparing', error.params)
          void message.open({ key: preparing, type: 'loading', content, duration: 0 })
        }
      }
    } finally {
      message.destroy(preparing)
    }
  }
  const publish = useMutation({
    mutationFn: (body: { note: string; accept: string[] }) =>
      prepared(() => publishDraft(body, attempt.keyFor(body))),
    onSuccess: (answer) => published(answer.number),
    onError: fail,
  })
  const discard = useMutation({
    mutationFn: discardDraft,
    onSuccess: () => client.invalidateQueries({ queryKey: ['draft'] }),
    onError: fail,
  })
  const again = useMutation({
    mutationFn: ({ number, accept }: { number: number; accept: string[] }) =>
      prepared(() => publishAgain(number, { accept }, attempt.keyFor({ number, accept }))),
    onSuccess: () => published(undefined),
    onError: (error) => {
      if (warningsOf(error).length === 0) fail(error)
    },
  })
  return { check, publish, discard, again }
}
