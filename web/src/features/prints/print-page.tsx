import './prints.css'
import { ArrowLeftOutlined, PrinterOutlined } from '@ant-design/icons'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Alert, Button, Select } from 'antd'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { makeSheet, type Printed, type PrintInfo, printQueries, type Sheet } from '@/api/prints'
import { titleOf } from '@/lib/texts'
import { Waiting } from '@/ui/boundary'
import { Failed } from '@/ui/failed'
import { Nothing } from '@/ui/nothing'
import { useFailureMessage } from '@/ui/use-failure-message'
import { Paper } from './paper'

interface PrintPageProps {
  of: Printed
  print: string
  /** The prints there are to choose from. */
  choices: readonly PrintInfo[]
  onChoose: (print: string) => void
  onBack: () => void
}

/** A preview of what goes on paper, and the button that prints it. */
export function PrintPage({ of, print, choices, onChoose, onBack }: PrintPageProps) {
  const { t, i18n } = useTranslation()
  const fail = useFailureMessage()
  const preview = useQuery(printQueries.preview(of, print, i18n.language))
  const [final, setFinal] = useState<Sheet>()
  const [printed, setPrinted] = useState<Sheet>()
  const making = useMutation({
    mutationFn: () => makeSheet(of, print, true),
    onSuccess: setFinal,
    onError: fail,
  })
  const sheet = final ?? preview.data
  const empty = sheet?.documents.length === 0
  const { ref, width } = useWidth()
  const ready = useCallback(() => {
    if (!final || final === printed) return
    setPrinted(final)
    // The pictures of the pages must be there, too.
    void picturesOf(document.querySelector('.fw-paper-pages')).then(() => window.print())
  }, [final, printed])
  const title = sheet?.title ?? t('print.print')
  useEffect(() => {
    document.title = `${title} · Formwork`
  }, [title])
  return (
    <main className="fw-print">
      <header className="fw-print-head">
        <Button
          type="text"
          icon={<ArrowLeftOutlined />}
          aria-label={t('common.back')}
          onClick={onBack}
        />
        <h1>{title}</h1>
        {choices.length > 1 && (
          <Select
            value={print}
            aria-label={t('print.choose')}
            onChange={onChoose}
            options={choices.map((choice) => ({ value: choice.name, label: titleOf(choice) }))}
            popupMatchSelectWidth={false}
          />
        )}
        <Button
          type="primary"
          icon={<PrinterOutlined />}
          disabled={!preview.data || empty}
          loading={making.isPending}
          onClick={() => making.mutate()}
        >
          {t('print.print')}
        </Button>
      </header>
      {sheet && !empty && <Told sheet={sheet} />}
      <div className="fw-print-desk" ref={ref}>
        {preview.isPending && <Waiting />}
        {preview.error && <Failed error={preview.error} onRetry={() => void preview.refetch()} />}
        {empty && <Nothing text={t('print.nothing')} />}
        {sheet && !empty && width > 0 && <Paper sheet={sheet} width={width} onReady={ready} />}
      </div>
    </main>
  )
}

/** Whether this is a preview, and that what comes is a copy. */
function Told({ sheet }: { sheet: Sheet }) {
  const { t } = useTranslation()
  const before = Math.max(...sheet.documents.map((document) => document.printed))
  const text = sheet.preview
    ? before > 0
      ? t('print.printedBefore', { n: before })
      : t('print.previewHelp')
    : t('print.copyNo', { n: before })
  return <Alert className="fw-print-told" type="info" showIcon title={text} />
}

/** Waits until all pictures are there, or have failed to come. */
async function picturesOf(element: Element | null): Promise<void> {
  const pictures = [...(element?.querySelectorAll('img') ?? [])]
  await Promise.all(pictures.map((picture) => picture.decode().catch(() => undefined)))
}

/** How wide an element is now, in pixels. */
function useWidth() {
  const ref = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const element = ref.current
    if (!element) return
    const watch = new ResizeObserver(() => setWidth(element.clientWidth - 24))
    watch.observe(element)
    return () => watch.disconnect()
  }, [])
  return { ref, width }
}
