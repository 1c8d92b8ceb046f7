import { Button, Drawer } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

interface FilterDrawerProps {
  open: boolean
  onClose: () => void
  /** Drops all conditions; absent while there are none. */
  onClear: (() => void) | undefined
  children: ReactNode
}

/** The conditions of a list on a phone: a sheet from below, its buttons always under the thumb. */
export function FilterDrawer({ open, onClose, onClear, children }: FilterDrawerProps) {
  const { t } = useTranslation()
  return (
    <Drawer
      open={open}
      onClose={onClose}
      placement="bottom"
      size="80%"
      title={t('list.filter')}
      footer={
        <div style={{ display: 'flex', gap: 8 }}>
          <Button size="large" style={{ flex: 1 }} disabled={!onClear} onClick={onClear}>
            {t('list.clearFilters')}
          </Button>
          <Button size="large" type="primary" style={{ flex: 2 }} onClick={onClose}>
            {t('list.show')}
          </Button>
        </div>
      }
    >
      {children}
    </Drawer>
  )
}
