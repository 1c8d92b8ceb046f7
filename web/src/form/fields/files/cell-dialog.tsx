import { Modal } from 'antd'
import { type ComponentType, useState } from 'react'
import type { EditorProps } from '../kind'

/** A control too large for a cell of a grid opens above it. */
export function inCells(Editor: ComponentType<EditorProps>): ComponentType<EditorProps> {
  return function CellOrForm(props: EditorProps) {
    const [open, setOpen] = useState(true)
    const { cell, ...rest } = props
    if (!cell) return <Editor {...rest} />
    return (
      <Modal
        open={open}
        title={cell.label}
        footer={null}
        onCancel={() => setOpen(false)}
        afterClose={cell.onDone}
      >
        <Editor {...rest} />
      </Modal>
    )
  }
}
