import { PrinterOutlined } from '@ant-design/icons'
import { Button, Dropdown } from 'antd'
import { useTranslation } from 'react-i18next'
import { type Titled, titleOf } from '@/lib/texts'

interface PrintMenuProps {
  prints: readonly (Titled & { name: string })[]
  /** There is nothing to print yet. */
  disabled?: boolean
  /** How many things are printed, where several may be. */
  count?: number
  onChoose: (print: string) => void
}

/** The button that leads to paper; with several prints it asks which one. */
export function PrintMenu({ prints, disabled = false, count, onChoose }: PrintMenuProps) {
  const { t } = useTranslation()
  const [only] = prints
  if (!only) return null
  const text = count ? t('print.printSome', { count }) : t('print.print')
  if (prints.length === 1) {
    return (
      <Button icon={<PrinterOutlined />} disabled={disabled} onClick={() => onChoose(only.name)}>
        {text}
      </Button>
    )
  }
  return (
    <Dropdown
      trigger={['click']}
      autoFocus
      disabled={disabled}
      menu={{
        items: prints.map((print) => ({ key: print.name, label: titleOf(print) })),
        onClick: ({ key }) => onChoose(key),
      }}
    >
      <Button icon={<PrinterOutlined />} aria-haspopup="menu">
        {text}
      </Button>
    </Dropdown>
  )
}
