import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { App } from 'antd'
import { useCallback } from 'react'
import { bundleQueries } from '@/api/bundle'
import { drill, type ReportRow } from '@/api/reports'
import type { Values } from '@/api/wire'
import { explain } from '@/lib/problems/explain'
import { usePhone } from '@/ui/use-phone'

/**
 * Opens the list of the records behind a row: as the first view of the entity shows them, rather one without a filter of
 * its own. The list does not apply a view's filter to records that come from a report.
 */
export function useDrill(dataset: string, params: Values | undefined) {
  const navigate = useNavigate()
  const phone = usePhone()
  const { message } = App.useApp()
  const { mutate } = useMutation({
    mutationFn: (key: Values) => drill(dataset, key, params ?? {}),
    onSuccess: async ({ entity, filter }, _, __, { client }) => {
      const { views } = await client.ensureQueryData(bundleQueries.of(entity, { phone }))
      const all = Object.values(views)
      const view = (all.find((each) => !each.where) ?? all[0])?.name ?? 'all'
      await navigate({
        to: '/e/$entity/v/$view',
        params: { entity, view },
        search: { where: JSON.stringify(filter) },
      })
    },
    onError: (error) => message.error(explain(error)),
  })
  return useCallback(
    (row: ReportRow | undefined) => {
      if (row?._key) mutate(row._key)
    },
    [mutate],
  )
}
