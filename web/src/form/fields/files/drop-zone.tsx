import { type ReactNode, useState } from 'react'

interface DropZoneProps {
  /** Undefined where nothing more may be added. */
  onDrop: ((files: File[]) => void) | undefined
  children: ReactNode
}

/** Takes files that are dropped or pasted; the buttons inside do the same for those who cannot. */
export function DropZone({ onDrop, children }: DropZoneProps) {
  const [over, setOver] = useState(false)
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a convenience for the mouse beside the buttons inside
    <div
      className={over ? 'fw-files fw-files-over' : 'fw-files'}
      onDragOver={(event) => {
        if (!onDrop) return
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        onDrop?.([...event.dataTransfer.files])
      }}
      onPaste={(event) => {
        if (event.clipboardData.files.length > 0) onDrop?.([...event.clipboardData.files])
      }}
    >
      {children}
    </div>
  )
}
