import { ApiError } from '@/api/request'

const longest = 2048
const quality = 0.86

/**
 * A photo as it is sent: upright, at most 2048 pixels on its longer side, a JPEG without EXIF, with lines of text drawn
 * into its lower left corner. The browser draws the text because it has the fonts of the person's language.
 */
export async function shrinkPhoto(photo: Blob, lines: readonly string[]): Promise<Blob> {
  const picture = await opened(photo)
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(picture.width * scale))
  canvas.height = Math.max(1, Math.round(picture.height * scale))
  const pen = canvas.getContext('2d')
  if (!pen) throw new ApiError(422, { code: 'image_damaged' })
  pen.fillStyle = '#fff' // what is transparent would become black
  pen.fillRect(0, 0, canvas.width, canvas.height)
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  drawLines(pen, lines)
  return encoded(canvas, 'image/jpeg')
}

/** A canvas as a file. */
export function encoded(canvas: HTMLCanvasElement, type: string): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new ApiError(422, { code: 'image_damaged' }))),
      type,
      quality,
    )
  })
}

async function opened(photo: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(photo, { imageOrientation: 'from-image' })
  } catch {
    throw new ApiError(422, { code: 'image_damaged' })
  }
}

/** White text on a dark band, so that it can be read on any photo. */
function drawLines(pen: CanvasRenderingContext2D, lines: readonly string[]): void {
  if (lines.length === 0) return
  const { width, height } = pen.canvas
  const size = Math.max(12, Math.round(Math.min(width, height) / 32))
  const step = Math.round(size * 1.45)
  const band = step * lines.length + size
  pen.fillStyle = 'rgba(0, 0, 0, 0.45)'
  pen.fillRect(0, height - band, width, band)
  pen.fillStyle = '#fff'
  pen.font = `${size}px system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif`
  pen.textBaseline = 'top'
  lines.forEach((line, index) => {
    pen.fillText(line, size, height - band + size / 2 + index * step, width - 2 * size)
  })
}
