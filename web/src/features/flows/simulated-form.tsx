import { useSuspenseQuery } from '@tanstack/react-query'
import { Button, Drawer } from 'antd'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { bundleQueries } from '@/api/bundle'
import type { Values } from '@/api/wire'
import { layoutOf } from '@/form/labels'
import { FormModel } from '@/form/model'
import { patchOf } from '@/form/patch'
import { RecordForm } from '@/form/record-form'
import { useEngine } from '@/form/use-engine'
import { titleOf } from '@/lib/texts'
import { usePhone } from '@/ui/use-phone'

interface SimulatedFormProps {
  entity: string
  form: string | undefined
  onValues: (values: Values) => void
}

/** The form of the entity, filled in for a simulation only. */
export function SimulatedForm({ entity, form, onValues }: SimulatedFormProps) {
  const { t } = useTranslation()
  const phone = usePhone()
  const { data } = useSuspenseQuery(bundleQueries.of(entity, { form, phone }))
  const [bundle] = useState(data)
  const [model] = useState(() => new FormModel(bundle.entity, {}))
  const [open, setOpen] = useState(false)
  useEngine({ model, bundle, record: undefined, event: 'submit', readOnly: [] })
  const take = () => onValues(patchOf(bundle.entity.properties, {}, model.values()))
  // Leaving the panel and coming back starts from an empty form again.
  useEffect(() => () => onValues({}), [onValues])
  return (
    <>
      <p>
        <Button onClick={() => setOpen(true)}>{t('flows.fillIn')}</Button>{' '}
        <span className="fw-quiet">
          {model.isDirty() ? t('flows.filledIn') : t('flows.nothingFilledIn')}
        </span>
      </p>
      <Drawer
        open={open}
        size={phone ? '100%' : 900}
        title={titleOf(bundle.entity)}
        onClose={() => {
          take()
          setOpen(false)
        }}
        extra={
          <Button
            type="primary"
            onClick={() => {
              take()
              setOpen(false)
            }}
          >
            {t('flows.take')}
          </Button>
        }
      >
        <RecordForm model={model} bundle={bundle} layout={layoutOf(bundle)} />
      </Drawer>
    </>
  )
}
