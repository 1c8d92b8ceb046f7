import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import type { FlowLoad } from '@/api/monitor'

interface FlowSelectProps {
  flows: readonly FlowLoad[]
  /** Name of the flow, empty for all. */
  value: string
  onChange: (flow: string) => void
}

/** Which of the flows somebody administers he looks at. */
export function FlowSelect({ flows, value, onChange }: FlowSelectProps) {
  const { t } = useTranslation()
  if (flows.length < 2) return null
  return (
    <Select
      aria-label={t('monitor.flow')}
      style={{ minWidth: 180 }}
      showSearch={{ optionFilterProp: 'label' }}
      value={value}
      onChange={onChange}
      options={[
        { value: '', label: t('monitor.anyFlow') },
        ...flows.map(({ flow, title }) => ({ value: flow, label: title })),
      ]}
    />
  )
}
