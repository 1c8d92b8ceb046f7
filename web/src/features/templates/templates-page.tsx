import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { App, Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Attempt } from '@/api/request'
import { installTemplate, type Template, templateQueries } from '@/api/templates'
import { textOf, titleOf } from '@/lib/texts'
import { Chip } from '@/ui/chip'
import { Nothing } from '@/ui/nothing'
import { Page } from '@/ui/page'
import { useFailureMessage } from '@/ui/use-failure-message'

/** The templates that come with Formwork and which of them the company uses. */
export function TemplatesPage() {
  const { t } = useTranslation()
  const { message, modal } = App.useApp()
  const client = useQueryClient()
  const fail = useFailureMessage()
  const { data: templates } = useSuspenseQuery(templateQueries.all())
  const [attempt] = useState(() => new Attempt())
  const installing = useMutation({
    mutationFn: (template: Template) =>
      installTemplate(template.name, attempt.keyFor(template.name)),
    onSuccess: async (_, template) => {
      attempt.done()
      // Menu, bundles and everything else made from definitions may differ now.
      await client.invalidateQueries()
      void message.success(t('templates.installed', { title: titleOf(template) }))
    },
    onError: fail,
  })
  const ask = (template: Template) =>
    void modal.confirm({
      title: t('templates.ask', { title: titleOf(template) }),
      content: t('templates.askHelp'),
      okText: t('templates.install'),
      onOk: () => installing.mutateAsync(template).catch(() => undefined),
    })
  return (
    <Page narrow title={t('templates.title')}>
      {templates.length === 0 && <Nothing text={t('templates.none')} />}
      {templates.map((template) => (
        <section key={template.name} className="fw-card" aria-label={titleOf(template)}>
          <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8, alignItems: 'center' }}>
            <strong>{titleOf(template)}</strong>
            <span className="fw-quiet">{template.version}</span>
            {template.installed && (
              <Chip tone="good">
                {t('templates.installedVersion', { version: template.installed })}
              </Chip>
            )}
            {!template.installed && (
              <Button
                style={{ marginLeft: 'auto' }}
                loading={installing.isPending}
                onClick={() => ask(template)}
              >
                {t('templates.install')}
              </Button>
            )}
          </div>
          <p className="fw-quiet" style={{ marginBottom: 0 }}>
            {textOf(template, 'description')}
          </p>
        </section>
      ))}
    </Page>
  )
}
