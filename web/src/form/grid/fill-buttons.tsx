import { useMutation } from '@tanstack/react-query'
import { App, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Fill } from '@/api/definitions.gen'
import { type Filled, fillTable } from '@/api/fills'
import { titleOf } from '@/lib/texts'
import { useFailureMessage } from '@/ui/use-failure-message'
import { useForm } from '../form-context'
import { isReady, missingRows, tableOf } from './fill'

interface Place {
  form: string
  fill: Fill
}

/** Buttons that fill rows: the whole team, the last sheet, what was approved in a month. */
export function FillButtons({ table, fills }: { table: string; fills: readonly Fill[] }) {
  const { bundle } = useForm()
  const places: Place[] = Object.entries(bundle.forms).flatMap(([form, layout]) => {
    const items = layout.sections.flatMap((section) => section.items)
    const own = items.flatMap((item) => item.fill ?? []).filter((fill) => fills.includes(fill))
    return [...own, ...(layout.fill ?? [])].map((fill) => ({ form, fill }))
  })
  return places
    .filter(
      ({ fill }, index) =>
        tableOf(fill) === table &&
        places.findIndex((each) => each.fill.name === fill.name) === index,
    )
    .map(({ form, fill }) => <FillButton key={fill.name} table={table} form={form} fill={fill} />)
}

function FillButton({ table, form, fill }: Place & { table: string }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const { model } = useForm()
  const fail = useFailureMessage()
  const put = usePut(table, fill)
  const filling = useMutation({
    mutationFn: () => fillTable(form, fill.name, model.values()),
    onSuccess: (filled) => {
      for (const [key, text] of Object.entries(filled.refs ?? {})) {
        const [entity = '', id = ''] = key.split('/')
        model.learnName(entity, id, text)
      }
      if (filled.cut) void message.warning(t('grid.fillCut', { max: filled.rows.length }))
      put(filled)
    },
    onError: fail,
  })
  const ask = () => {
    if (isReady(fill, model.values())) filling.mutate()
    else void message.info(t('grid.fillNeeds'))
  }
  return (
    <Button size="small" loading={filling.isPending} onClick={ask}>
      {titleOf(fill)}
    </Button>
  )
}

/** Puts rows into the table as one step that can be undone; a button that replaces asks first if there are any. */
function usePut(table: string, fill: Fill): (filled: Filled) => void {
  const { t } = useTranslation()
  const { message, modal } = App.useApp()
  const { model } = useForm()
  const insert = (rows: Filled['rows'], instead: boolean) => {
    model.history(table).run(() => {
      if (instead) model.deleteRows(table, model.rowIds(table))
      if (rows.length > 0) model.insertRows(table, rows)
    })
    void message.info(t('grid.filled', { count: rows.length }))
  }
  return (filled) => {
    const present = model.rows(table)
    const missing = missingRows(filled, present)
    if (filled.rows.length === 0) {
      void message.info(t('grid.fillNothing'))
    } else if (filled.mode !== 'replace' || present.length === 0) {
      if (missing.length > 0) insert(missing, false)
      else void message.info(t('grid.nothingMissing'))
    } else {
      const dialog = modal.confirm({
        title: t('grid.replaceTitle', { count: present.length }),
        content: t('grid.replaceHelp', { fill: titleOf(fill) }),
        okText: t('grid.replace'),
        onOk: () => insert(filled.rows, true),
        footer: (_, { OkBtn, CancelBtn }) => (
          <>
            <CancelBtn />
            <Button
              disabled={missing.length === 0}
              onClick={() => {
                dialog.destroy()
                insert(missing, false)
              }}
            >
              {t('grid.addMissing', { count: missing.length })}
            </Button>
            <OkBtn />
          </>
        ),
      })
    }
  }
}
