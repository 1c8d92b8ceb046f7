import { Button } from 'antd'
import { type PointerEvent, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { encoded } from './shrink'
import { draw, extended, isSignature, type Point, type Stroke } from './strokes'

interface SignaturePadProps {
  id: string
  invalid: boolean
  describedBy?: string | undefined
  busy: boolean
  /** The drawn signature, a PNG with a transparent ground. */
  onSign: (signature: Blob) => void
}

/** A box to sign in, with finger, pen or mouse. */
export function SignaturePad(props: SignaturePadProps) {
  const { t } = useTranslation()
  const canvas = useRef<HTMLCanvasElement>(null)
  const [strokes, setStrokes] = useState<readonly Stroke[]>([])
  useEffect(() => {
    if (canvas.current) paint(canvas.current, strokes)
  }, [strokes])
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
          disabled={strokes.length === 0}
          onClick={() => setStrokes((all) => all.slice(0, -1))}
        >
          {t('files.undo')}
        </Button>
        <Button disabled={strokes.length === 0} onClick={() => setStrokes([])}>
          {t('files.clearPad')}
        </Button>
        <Button
          type="primary"
          loading={props.busy}
          disabled={!isSignature(strokes)}
          onClick={async () => {
            if (canvas.current) props.onSign(await encoded(canvas.current, 'image/png'))
          }}
        >
          {t('files.confirmSign')}
        </Button>
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
