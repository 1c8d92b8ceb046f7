import { useMutation } from '@tanstack/react-query'
import { App, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Fill } from '@/api/definitions.gen'
import { findRecords } from '@/api/records'
import { titleOf } from '@/lib/texts'
import { useFailureMessage } from '@/ui/use-failure-message'
import { useForm } from '../form-context'
import { fillSearch, rowsFrom } from './fill'

/** Buttons that fill rows from other records: the whole team, the last sheet. */
export function FillButtons({ table, fills }: { table: string; fills: readonly Fill[] }) {
  const { bundle } = useForm()
  const layouts = Object.values(bundle.forms).flatMap((form) => form.fill ?? [])
  const all = [...fills, ...layouts].filter(
    (fill, index, list) =>
      Object.keys(fill.map).some((target) => target.startsWith(`${table}.`)) &&
      list.findIndex((each) => each.name === fill.name) === index,
  )
  return all.map((fill) => <FillButton key={fill.name} table={table} fill={fill} />)
}

function FillButton({ table, fill }: { table: string; fill: Fill }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const { model } = useForm()
  const fail = useFailureMessage()
  const filling = useMutation({
    mutationFn: async () => {
      const search = fillSearch(fill, model.values())
      if (!search) return undefined
      return rowsFrom(fill, table, await findRecords(fill.from.entity, search))
    },
    onSuccess: (found) => {
      if (!found) {
        void message.info(t('grid.fillNeeds'))
        return
      }
      for (const [key, text] of Object.entries(found.names)) {
        const [entity = '', id = ''] = key.split('/')
        model.learnName(entity, id, text)
      }
      const present = new Set(
        model.rows(table).map((row) => JSON.stringify(row[found.key] ?? null)),
      )
      const fresh = found.rows.filter((row) => !present.has(JSON.stringify(row[found.key] ?? null)))
      if (fresh.length > 0) model.insertRows(table, fresh)
      void message.info(t('grid.filled', { count: fresh.length }))
    },
    onError: fail,
  })
  return (
    <Button size="small" loading={filling.isPending} onClick={() => filling.mutate()}>
      {titleOf(fill)}
    </Button>
  )
}
