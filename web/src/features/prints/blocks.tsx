import { QRCode } from 'antd'
import type { CSSProperties } from 'react'
import { useTranslation } from 'react-i18next'
import { fileUrl, thumbUrl } from '@/api/files'
import type { PrintBlock, PrintDocument, SignBox } from '@/api/prints'
import { moment } from '@/lib/time'
import { MatrixTable } from './matrix-table'
import type { Piece } from './pages'
import { RowTable } from './row-table'
import { TrailTable } from './trail-table'
import { type Look, printed } from './values'

interface BlockProps {
  document: PrintDocument
  block: PrintBlock
  /** Which rows are on this page; all of them if undefined. */
  piece?: Piece | undefined
  look: Look
}

/** One block of a document, or the part of it that is on a page. */
export function Block(props: BlockProps) {
  const { block, document, look } = props
  switch (block.type) {
    case 'title':
      return <Title block={block} document={document} />
    case 'text':
      return (
        <p className="fw-print-text" style={{ textAlign: block.align ?? 'left' }}>
          {block.text}
        </p>
      )
    case 'fields':
      return <Fields block={block} look={look} />
    case 'table':
      return <RowTable {...props} />
    case 'matrix':
      return <MatrixTable {...props} />
    case 'signs':
      return <Signs block={block} look={look} />
    case 'photos':
      return <Photos block={block} />
    case 'trail':
      return <TrailTable {...props} />
    case 'qr':
      return hasTitle(document) ? null : (
        <div className="fw-print-alone">
          <Qr document={document} />
        </div>
      )
  }
}

function hasTitle(document: PrintDocument): boolean {
  return document.blocks.some((block) => block.type === 'title')
}

/** The heading, with the code that leads to the record at its right. */
function Title({ block, document }: { block: PrintBlock; document: PrintDocument }) {
  const withCode = document.blocks.some((other) => other.type === 'qr')
  return (
    <div className={withCode ? 'fw-print-title fw-print-coded' : 'fw-print-title'}>
      <h2>{block.text}</h2>
      {withCode && <Qr document={document} />}
    </div>
  )
}

function Qr({ document }: { document: PrintDocument }) {
  const { t } = useTranslation()
  const address = `${location.origin}/e/${document.entity ?? ''}/r/${document.record ?? ''}`
  return (
    <div className="fw-print-qr">
      <QRCode
        type="svg"
        value={address}
        size={60}
        bordered={false}
        aria-label={t('print.code')}
        style={{ padding: 0, width: '16mm', height: '16mm' }}
      />
    </div>
  )
}

function Fields({ block, look }: { block: PrintBlock; look: Look }) {
  const across = block.across ?? 3
  return (
    <>
      {block.title && <h3>{block.title}</h3>}
      <dl className="fw-print-fields" style={{ '--across': across } as CSSProperties}>
        {block.items?.map((item) => (
          <div key={item.name} style={{ gridColumn: `span ${Math.min(item.span ?? 1, across)}` }}>
            <dt>{item.title}</dt>
            <dd>{printed(item, item.value, look)}</dd>
          </div>
        ))}
      </dl>
    </>
  )
}

function Signs({ block, look }: { block: PrintBlock; look: Look }) {
  const boxes = block.boxes ?? []
  const across = Math.min(block.across ?? 4, boxes.length)
  return (
    <div className="fw-print-signs" style={{ '--across': across } as CSSProperties}>
      {boxes.map((box) => (
        <Box key={box.name} box={box} look={look} />
      ))}
    </div>
  )
}

function Box({ box, look }: { box: SignBox; look: Look }) {
  const { value, signs = [] } = box
  const drawn = value?.['x-type'] === 'signature'
  return (
    <div>
      <div className="fw-print-signer">{box.title}</div>
      <div className="fw-print-sign">
        {drawn && typeof value.value === 'string' && signs.length === 0 && (
          <img src={fileUrl(value.value)} alt={box.title} />
        )}
        {drawn && typeof value.value === 'string' && signs[0] && !signs[0].file && (
          <img src={fileUrl(value.value)} alt={signs[0].name} />
        )}
        {value && !drawn && <span>{printed(value, value.value, look)}</span>}
        {signs.map((sign) => (
          <span key={`${sign.name} ${sign.at}`}>
            {sign.file && <img src={fileUrl(sign.file)} alt={sign.name} />}
            {sign.name}
            <small>{moment(sign.at, look.zone)}</small>
          </span>
        ))}
      </div>
    </div>
  )
}

function Photos({ block }: { block: PrintBlock }) {
  const { t } = useTranslation()
  const title = block.title ?? t('print.photos')
  return (
    <>
      <h3>{title}</h3>
      <div className="fw-print-photos">
        {block.photos?.map((id, index) => (
          <img key={id} src={thumbUrl(id, 480)} alt={`${title} ${index + 1}`} />
        ))}
      </div>
    </>
  )
}
