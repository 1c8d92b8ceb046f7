import { Segmented } from 'antd'
import { useTranslation } from 'react-i18next'
import type { MoneyUnit } from './figures'

interface UnitSwitchProps {
  unit: MoneyUnit
  onChange: (unit: MoneyUnit) => void
}

/** Amounts in yuan or in ten thousands of yuan. */
export function UnitSwitch({ unit, onChange }: UnitSwitchProps) {
  const { t } = useTranslation()
  return (
    <Segmented<MoneyUnit>
      aria-label={t('report.unit.label')}
      value={unit}
      options={[
        { value: 'yuan', label: t('report.unit.yuan') },
        { value: 'wan', label: t('report.unit.wan') },
      ]}
      onChange={onChange}
    />
  )
}
