import { DownloadOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Bundle } from '@/api/bundle'
import { type ExportOrder, exportRecords, save } from '@/api/sheets'
import { titleOf } from '@/lib/texts'
import { useFailureMessage } from '@/ui/use-failure-message'

/** Saves what the list shows as a workbook, the rows of the first sub-table on a second sheet. */
export function ExportButton({ bundle, order }: { bundle: Bundle; order: ExportOrder }) {
  const { t } = useTranslation()
  const failed = useFailureMessage()
  const table = Object.entries(bundle.entity.properties).find(
    ([, field]) => field['x-type'] === 'table',
  )?.[0]
  const exporting = useMutation({
    mutationFn: () =>
      exportRecords(bundle.entity.name, { ...order, ...(table ? { rows: table } : {}) }),
    onSuccess: (blob) => save(blob, `${titleOf(bundle.entity)}.xlsx`),
    onError: failed,
  })
  return (
    <Button
      icon={<DownloadOutlined />}
      loading={exporting.isPending}
      onClick={() => exporting.mutate()}
    >
      {t('sheets.export')}
    </Button>
  )
}
