import { type CSSProperties, useLayoutEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PrintDocument, Sheet } from '@/api/prints'
import { translateIfKnown } from '@/lib/i18n'
import { moment } from '@/lib/time'
import { Block } from './blocks'
import { heightOf, margins, paperOf } from './measure'
import { layOut, type Part } from './pages'

/** Pixels of a millimetre, as browsers have it. */
const pixels = 96 / 25.4

interface PaperProps {
  sheet: Sheet
  /** Pixels there are beside each other on the screen; a wider page is shown smaller. */
  width: number
  /** The pages are there, to be printed. */
  onReady?: () => void
}

/** A sheet as pages of its paper. It is drawn once out of sight to learn how high everything is. */
export function Paper({ sheet, width, onReady }: PaperProps) {
  const [pages, setPages] = useState<{ of: Sheet; parts: Part[][] }>()
  const hidden = useRef<HTMLDivElement>(null)
  const paper = paperOf(sheet.page)
  const drawn = pages?.of === sheet ? pages.parts : undefined
  useLayoutEffect(() => {
    let gone = false
    const measure = () => {
      const drafts = [...(hidden.current?.children ?? [])]
      if (gone || drafts.length !== sheet.documents.length) return
      const heights = drafts.map((draft, at) =>
        [...draft.children].map((element, place) => {
          const block = sheet.documents[at]?.blocks[place]
          return block ? heightOf(element, block) : { fixed: 0, head: 0, rows: [] }
        }),
      )
      const room = (paper.height - margins.top - margins.bottom) * pixels
      setPages({ of: sheet, parts: layOut(heights, room, sheet.page.perPage) })
    }
    // Letters of another width would break lines elsewhere.
    void document.fonts.ready.then(measure)
    return () => {
      gone = true
    }
  }, [sheet, paper.height])
  useLayoutEffect(() => {
    if (drawn) onReady?.()
  }, [drawn, onReady])
  const style = {
    '--width': `${paper.width}mm`,
    '--height': `${paper.height}mm`,
    '--content': `${paper.width - 2 * margins.side}mm`,
    '--zoom': Math.min(1, width / (paper.width * pixels)),
    '--share': `${(paper.height - margins.top - margins.bottom) / sheet.page.perPage}mm`,
  } as CSSProperties
  return (
    <div className="fw-paper" style={style}>
      <style>{`@page { size: ${paper.width}mm ${paper.height}mm; margin: 0 }`}</style>
      {!drawn && (
        <div className="fw-paper-draft" ref={hidden} aria-hidden="true">
          {sheet.documents.map((each, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: documents of one record have no other name and keep their place
            <div key={at}>
              {each.blocks.map((block) => (
                <div key={block.name} className="fw-print-block">
                  <Block
                    document={each}
                    block={block}
                    look={{ refs: each.refs, zone: sheet.zone }}
                  />
                </div>
              ))}
            </div>
          ))}
        </div>
      )}
      <div className="fw-paper-pages">
        {drawn?.map((parts, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: pages have no other name and keep their place
          <Page key={at} sheet={sheet} parts={parts} number={at + 1} pages={drawn.length} />
        ))}
      </div>
    </div>
  )
}

interface PageProps {
  sheet: Sheet
  parts: Part[]
  number: number
  pages: number
}

function Page({ sheet, parts, number, pages }: PageProps) {
  const { t } = useTranslation()
  const first = parts[0]
  const printed = first ? (sheet.documents[first.document]?.printed ?? 0) : 0
  const several = parts.length > 1 || sheet.page.perPage > 1
  return (
    <section className="fw-page-paper" aria-label={t('print.page', { page: number, pages })}>
      {parts.map((part) => {
        const document = sheet.documents[part.document]
        if (!document) return null
        return (
          <div key={part.document} className={several ? 'fw-print-share' : undefined}>
            <Marks sheet={sheet} document={document} />
            {part.pieces.map((piece) => {
              const block = document.blocks[piece.block]
              if (!block) return null
              return (
                <div key={block.name} className="fw-print-block">
                  <Block
                    document={document}
                    block={block}
                    piece={piece}
                    look={{ refs: document.refs, zone: sheet.zone }}
                  />
                </div>
              )
            })}
          </div>
        )
      })}
      <footer>
        <span>{t('print.by', { name: sheet.by, at: moment(sheet.at, sheet.zone) })}</span>
        <span>
          {first && !several
            ? t('print.page', { page: first.page, pages: first.pages })
            : t('print.page', { page: number, pages })}
        </span>
        <span>{printed > 0 && !sheet.preview && t('print.copyNo', { n: printed })}</span>
      </footer>
    </section>
  )
}

/** What is written across: that it is a preview, a copy, or not in force. */
function Marks({ sheet, document }: { sheet: Sheet; document: PrintDocument }) {
  const { t } = useTranslation()
  const state = document.state && document.state !== 'approved' ? document.state : undefined
  const marks = [
    sheet.preview ? t('print.preview') : document.printed > 1 ? t('print.copy') : undefined,
    state && (translateIfKnown(`state.${state}`) ?? state),
  ].filter((mark) => mark !== undefined && mark !== '')
  if (marks.length === 0) return null
  // Written by the style sheet: it is meant to be faint, which no text may be.
  return <div className="fw-print-mark" role="img" aria-label={marks.join(' · ')} />
}
