import './files/files.css'
import { CameraOutlined, PictureOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import i18next from 'i18next'
import { useTranslation } from 'react-i18next'
import { sessionQueries } from '@/api/session'
import { usePhone } from '@/ui/use-phone'
import { useForm } from '../form-context'
import { inCells } from './files/cell-dialog'
import { DropZone } from './files/drop-zone'
import { PickButton } from './files/pick-button'
import { Pictures } from './files/pictures'
import { SendingLines } from './files/sending-line'
import { shrinkPhoto } from './files/shrink'
import { type FileList, idsOf, useFileList } from './files/use-file-list'
import { placeOfRecord, watermark } from './files/watermark'
import type { EditorProps, FieldKind, ShownProps } from './kind'

const tile = 96
const smallTile = 32

/** Photos of a field. They are made smaller here, and marked with time, place and person where the field asks for it. */
function ImageInput(props: EditorProps) {
  const { model, bundle } = useForm()
  const { data: session } = useQuery(sessionQueries.current())
  const marked = props.field['x-files']?.watermark === true
  const list = useFileList(props, 'image', (file) =>
    shrinkPhoto(
      file,
      marked
        ? watermark(
            new Date(file.lastModified),
            bundle.zone,
            placeOfRecord(bundle, model),
            session?.user.name ?? '',
          )
        : [],
    ),
  )
  return (
    <DropZone onDrop={list.room > 0 ? list.add : undefined}>
      {list.ids.length > 0 && (
        <div className="fw-tiles">
          <Pictures ids={list.ids} nameOf={list.nameOf} side={tile} onRemove={list.remove} />
        </div>
      )}
      <ul>
        <SendingLines uploads={list} />
      </ul>
      <PhotoButtons {...props} list={list} />
    </DropZone>
  )
}

function PhotoButtons({ id, describedBy, list }: EditorProps & { list: FileList }) {
  const { t } = useTranslation()
  const phone = usePhone()
  const common = { accept: 'image/*', describedBy, onPick: list.add }
  const choose = t(phone ? 'files.album' : 'files.choosePhoto')
  return (
    <div className="fw-files-tools">
      {phone && list.room > 0 && (
        <PickButton id={id} icon={<CameraOutlined />} label={t('files.take')} camera {...common}>
          {t('files.take')}
        </PickButton>
      )}
      {list.room > 0 && (
        <PickButton
          {...(phone ? {} : { id })}
          icon={<PictureOutlined />}
          label={choose}
          multiple={list.room > 1}
          {...common}
        >
          {choose}
        </PickButton>
      )}
      <span className="fw-help">
        {t('files.count', { n: list.ids.length, max: list.max })}
        {!phone && list.room > 0 && ` · ${t('files.drop')}`}
      </span>
    </div>
  )
}

function ShownPhotos({ value, showing, small }: ShownProps) {
  const { t } = useTranslation()
  const ids = idsOf(value)
  const shown = small ? ids.slice(0, 3) : ids
  return (
    <span className={small ? 'fw-tiles fw-tiles-small' : 'fw-tiles'}>
      <Pictures
        ids={shown}
        nameOf={(id) => showing.nameOf('file', id) ?? t('files.view', { name: '' })}
        side={small ? smallTile : tile}
      />
      {ids.length > shown.length && <span>+{ids.length - shown.length}</span>}
    </span>
  )
}

/** Photos. */
export const image: FieldKind = {
  Editor: inCells(ImageInput),
  text: (value) => i18next.t('files.photos', { count: idsOf(value).length }),
  Shown: ShownPhotos,
  wide: true,
}
