import { Button, Modal } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Bundle, Field } from '@/api/bundle'
import type { StoredRecord } from '@/api/records'
import type { Values, Wire } from '@/api/wire'
import { titleOf } from '@/lib/texts'
import { shownValue } from '../fields/kinds'
import type { FormModel } from '../model'
import { type Difference, differences } from './differences'

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
  const differing = differences(bundle.entity.properties, {
    before,
    theirs: current.values,
    mine: model.values(),
  })
  const nameOf = (entity: string, id: string) =>
    current.refs?.[`${entity}/${id}`] ?? model.nameOf(entity, id)
  const shown = (field: Field, value: Wire | undefined) =>
    shownValue(value, { field, nameOf, zone: bundle.zone })
  const placed = ({ name, row }: Difference) => {
    const title = titleOf({ ...bundle.entity.properties[name], name })
    if (!row) return title
    const column = row.column
    const of = column && bundle.entity.properties[name]?.items?.properties?.[column]
    return t('form.place', {
      table: title,
      no: row.no,
      column: of ? titleOf({ ...of, name: column }) : '',
    })
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
          {differing.map((difference) => (
            <tr key={`${difference.name}|${difference.row?.id}|${difference.row?.column}`}>
              <th scope="row">{placed(difference)}</th>
              <td>{shown(difference.field, difference.theirs)}</td>
              <td>{shown(difference.field, difference.mine)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Modal>
  )
}
