import { Button, Modal } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Bundle } from '@/api/bundle'
import type { StoredRecord } from '@/api/records'
import type { Values, Wire } from '@/api/wire'
import { titleOf } from '@/lib/texts'
import { shownValue } from '../fields/kinds'
import type { FormModel } from '../model'

interface ConflictDialogProps {
  bundle: Bundle
  model: FormModel
  before: Values
  current: StoredRecord
  onReload: () => void
  onReapply: () => void
  onCancel: () => void
}

/** Somebody else changed the record meanwhile: what differs, and a choice instead of a loss. */
export function ConflictDialog(props: ConflictDialogProps) {
  const { t } = useTranslation()
  const { bundle, model, before, current } = props
  const mine = model.values()
  const differing = Object.entries(bundle.entity.properties).filter(
    ([name]) => !same(before[name], current.values[name]) || !same(before[name], mine[name]),
  )
  const shown = (name: string, values: Values) => {
    const field = bundle.entity.properties[name]
    if (!field) return ''
    const nameOf = (entity: string, id: string) =>
      current.refs?.[`${entity}/${id}`] ?? model.nameOf(entity, id)
    return shownValue(values[name], { field, nameOf, zone: bundle.zone })
  }
  return (
    <Modal
      open
      width={720}
      title={t('conflict.title')}
      onCancel={props.onCancel}
      footer={[
        <Button key="cancel" onClick={props.onCancel}>
          {t('common.back')}
        </Button>,
        <Button key="reload" danger onClick={props.onReload}>
          {t('conflict.reload')}
        </Button>,
        <Button key="reapply" type="primary" onClick={props.onReapply}>
          {t('conflict.reapply')}
        </Button>,
      ]}
    >
      <p>{t('conflict.intro')}</p>
      <table className="fw-diff">
        <thead>
          <tr>
            <th scope="col">{t('conflict.field')}</th>
            <th scope="col">{t('conflict.theirs')}</th>
            <th scope="col">{t('conflict.mine')}</th>
          </tr>
        </thead>
        <tbody>
          {differing.map(([name, field]) => (
            <tr key={name}>
              <th scope="row">{titleOf({ ...field, name })}</th>
              <td>{shown(name, current.values)}</td>
              <td>{shown(name, mine)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Modal>
  )
}

function same(a: Wire | undefined, b: Wire | undefined): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
}
