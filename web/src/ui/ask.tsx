import { Button, Drawer, Modal } from 'antd'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePhone } from './use-phone'

interface AskProps {
  title: string
  /** What the button says that does it. */
  ok: string
  danger?: boolean
  disabled?: boolean
  busy: boolean
  onOk: () => void
  onCancel: () => void
  children?: ReactNode
}

/** A question before something is done: a dialog on a desk, a sheet from below under the thumb on a phone. */
export function Ask(props: AskProps) {
  const { t } = useTranslation()
  const { title, ok, danger = false, disabled = false, busy, onOk, onCancel } = props
  // A press beside the dialog closes it, but never takes words along: those are left by a button.
  const [written, setWritten] = useState(false)
  const mask = { closable: !written && !busy }
  // As in every place where one writes: Ctrl and Enter send it.
  const children = (
    // biome-ignore lint/a11y/noStaticElementInteractions: it listens to what is typed in the fields inside
    <div
      onInput={() => setWritten(true)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || disabled || busy) return
        event.preventDefault()
        onOk()
      }}
    >
      {props.children}
    </div>
  )
  if (!usePhone()) {
    return (
      <Modal
        open
        title={title}
        okText={ok}
        cancelText={t('common.back')}
        confirmLoading={busy}
        okButtonProps={{ danger, disabled }}
        cancelButtonProps={{ disabled: busy }}
        mask={mask}
        keyboard={!busy}
        onOk={onOk}
        onCancel={onCancel}
      >
        {children}
      </Modal>
    )
  }
  return (
    <Drawer
      open
      placement="bottom"
      size="auto"
      title={title}
      mask={mask}
      onClose={onCancel}
      footer={
        <div style={{ display: 'flex', gap: 8 }}>
          <Button size="large" style={{ flex: 1 }} disabled={busy} onClick={onCancel}>
            {t('common.back')}
          </Button>
          <Button
            size="large"
            type="primary"
            danger={danger}
            disabled={disabled}
            loading={busy}
            style={{ flex: 2 }}
            onClick={onOk}
          >
            {ok}
          </Button>
        </div>
      }
    >
      {children}
    </Drawer>
  )
}
