import { DeleteOutlined } from '@ant-design/icons'
import { Button, Image } from 'antd'
import { useTranslation } from 'react-i18next'
import { fileUrl, thumbUrl } from '@/api/files'

interface PicturesProps {
  ids: readonly string[]
  nameOf: (id: string) => string
  /** Pixels of a tile's side. */
  side: number
  onRemove?: (id: string) => void
}

/** Photos as tiles; one opens large, with the others before and after it. */
export function Pictures({ ids, nameOf, side, onRemove }: PicturesProps) {
  const { t } = useTranslation()
  return (
    <Image.PreviewGroup items={ids.map((id) => fileUrl(id))}>
      {ids.map((id) => (
        <div key={id} className="fw-tile" style={{ width: side, height: side }}>
          <Image
            src={thumbUrl(id, side * Math.ceil(window.devicePixelRatio))}
            alt={nameOf(id)}
            width={side}
            height={side}
            loading="lazy"
            preview={{ src: fileUrl(id) }}
          />
          {onRemove && (
            <Button
              className="fw-tile-remove"
              size="small"
              shape="circle"
              icon={<DeleteOutlined />}
              aria-label={t('files.remove', { name: nameOf(id) })}
              onClick={() => onRemove(id)}
            />
          )}
        </div>
      ))}
    </Image.PreviewGroup>
  )
}
