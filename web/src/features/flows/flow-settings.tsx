import { useTranslation } from 'react-i18next'
import type { FlowDetail } from '@/api/flows'
import { translateIfKnown } from '@/lib/i18n'
import { inLine } from './model'
import { flowSettingText } from './setting-text'

/** What holds for the flow as a whole: who administers it, what is done where nobody is found. */
export function FlowSettings({ flow }: { flow: FlowDetail }) {
  const { t } = useTranslation()
  const settings = (flow.definition.settings ?? {}) as Record<string, unknown>
  const keys = Object.keys(settings)
  return (
    <details className="fw-card fw-folded">
      <summary>{t('flows.settings')}</summary>
      {!keys.includes('admins') && <p className="fw-quiet">{t('flows.noAdmins')}</p>}
      <dl className="fw-node-settings">
        {keys.map((key) => {
          const told = flowSettingText(key, flow)
          return (
            <div key={key}>
              <dt>{translateIfKnown(`flows.key.${key}`) ?? key}</dt>
              <dd>{told ?? <code>{inLine(settings[key])}</code>}</dd>
            </div>
          )
        })}
      </dl>
    </details>
  )
}
