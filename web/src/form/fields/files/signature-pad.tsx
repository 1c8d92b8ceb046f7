import { Button } from 'antd'
import { type PointerEvent, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { encoded } from './shrink'
import { draw, extended, fitted, frameOf, isSignature, type Point, type Stroke } from './strokes'

interface SignaturePadProps {
  id: string
  invalid: boolean
  describedBy?: string | undefined
  busy: boolean
  /** The drawn signature, a PNG with a transparent ground; without it the pad has no button of its own. */
  onSign?: (signature: Blob) => void
  /** Tells with every line what is drawn so far, undefined while that is no signature. */
  onDraw?: (strokes: readonly Stroke[] | undefined) => void
}

/** A box to sign in, with finger, pen or mouse. */
export function SignaturePad(props: SignaturePadProps) {
  const { t } = useTranslation()
  const canvas = useRef<HTMLCanvasElement>(null)
  const [strokes, setStrokes] = useState<readonly Stroke[]>([])
  const { onDraw } = props
  useEffect(() => {
    if (canvas.current) paint(canvas.current, strokes)
    onDraw?.(isSignature(strokes) ? strokes : undefined)
  }, [strokes, onDraw])
  useEffect(() => {
    // A phone that is turned has another pad: what was drawn stays inside.
    if (!canvas.current) return
    const watch = new ResizeObserver(([entry]) => {
      const box = entry?.target.getBoundingClientRect()
      if (box) setStrokes((all) => fitted(all, box.width, box.height))
    })
    watch.observe(canvas.current)
    return () => watch.disconnect()
  }, [])
  const at = (event: PointerEvent): Point => {
    const box = event.currentTarget.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }
  return (
    <div className="fw-files">
      <canvas
        id={props.id}
        ref={canvas}
        className={props.invalid ? 'fw-pad fw-pad-bad' : 'fw-pad'}
        tabIndex={-1}
        role="img"
        aria-label={t('files.signHere')}
        aria-describedby={props.describedBy}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId)
          const point = at(event)
          setStrokes((all) => [...all, [point]])
        }}
        onPointerMove={(event) => {
          if (!event.currentTarget.hasPointerCapture(event.pointerId)) return
          const point = at(event)
          setStrokes((all) => extended(all, point))
        }}
      />
      <div className="fw-files-tools">
        <Button
          disabled={props.busy || strokes.length === 0}
          onClick={() => setStrokes((all) => all.slice(0, -1))}
        >
          {t('files.undo')}
        </Button>
        <Button disabled={props.busy || strokes.length === 0} onClick={() => setStrokes([])}>
          {t('files.clearPad')}
        </Button>
        {props.onSign && (
          <Button
            type="primary"
            loading={props.busy}
            disabled={!isSignature(strokes)}
            onClick={async () => props.onSign?.(await signatureOf(strokes))}
          >
            {t('files.confirmSign')}
          </Button>
        )}
        <span className="fw-help">{t('files.signHere')}</span>
      </div>
    </div>
  )
}

/** Draws with the resolution of the screen. */
function paint(canvas: HTMLCanvasElement, strokes: readonly Stroke[]): void {
  const ratio = window.devicePixelRatio
  const { width, height } = canvas.getBoundingClientRect()
  canvas.width = Math.round(width * ratio)
  canvas.height = Math.round(height * ratio)
  const pen = canvas.getContext('2d')
  if (!pen) return
  pen.scale(ratio, ratio)
  draw(pen, strokes)
}

/** Fine enough for paper, whatever the screen. */
const finest = 3

/** The picture of a signature without the empty ground around it, so that it is large on paper. */
export async function signatureOf(strokes: readonly Stroke[]): Promise<Blob> {
  const frame = frameOf(strokes)
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(frame.width * finest)
  canvas.height = Math.round(frame.height * finest)
  const pen = canvas.getContext('2d')
  if (pen) {
    pen.scale(finest, finest)
    pen.translate(-frame.x, -frame.y)
    draw(pen, strokes)
  }
  return encoded(canvas, 'image/png')
}
