import { UploadOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Bundle } from '@/api/bundle'
import type { View } from '@/api/definitions.gen'
import type { ExportOrder } from '@/api/sheets'
import { ExportButton } from './export-button'

const ImportDialog = lazy(async () => ({ default: (await import('./import-dialog')).ImportDialog }))

interface SheetButtonsProps {
  bundle: Bundle
  view: View
  order: ExportOrder
}

/** Workbooks out and in, as the view offers and grants allow. */
export function SheetButtons({ bundle, view, order }: SheetButtonsProps) {
  const { t } = useTranslation()
  const [importing, setImporting] = useState(false)
  const may = (action: 'import' | 'export') =>
    (view.actions?.includes(action) ?? false) && bundle.rights.actions.includes(action)
  return (
    <>
      {may('export') && <ExportButton bundle={bundle} order={order} />}
      {may('import') && (
        <Button icon={<UploadOutlined />} onClick={() => setImporting(true)}>
          {t('sheets.import')}
        </Button>
      )}
      {importing && (
        <Suspense fallback={null}>
          <ImportDialog bundle={bundle} onClose={() => setImporting(false)} />
        </Suspense>
      )}
    </>
  )
}
