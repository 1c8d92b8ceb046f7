import { useEffect, useRef, useState } from 'react'
import { deleteFile, type FileUse, type UploadedFile, uploadFile } from '@/api/files'
import { uuid } from '@/lib/id'

/** A file on its way to the server. */
export interface Sending {
  key: string
  name: string
  /** 0 to 1 of what is sent; undefined while it is prepared. */
  part: number | undefined
  error?: unknown
}

interface UploadsOptions {
  use: FileUse
  /** What is sent instead of the chosen file: a smaller photo. */
  prepare?: (file: File) => Promise<Blob>
  onDone: (file: UploadedFile) => void
}

export interface Uploads {
  sending: readonly Sending[]
  add: (files: readonly File[]) => void
  retry: (key: string) => void
  stop: (key: string) => void
}

/** Whether some are still on their way; those that did not arrive are not. */
export function isSending(uploads: Uploads): boolean {
  return uploads.sending.some(({ error }) => error === undefined)
}

/** Sends files one after the other, so that a weak line brings the first ones through. */
export function useUploads(options: UploadsOptions): Uploads {
  const [sending, setSending] = useState<readonly Sending[]>([])
  const latest = useRef(options)
  const chosen = useRef(new Map<string, { file: File; abort: AbortController }>())
  const line = useRef(Promise.resolve())
  useEffect(() => {
    latest.current = options
  })
  useEffect(() => {
    const all = chosen.current
    return () => {
      for (const { abort } of all.values()) abort.abort()
    }
  }, [])

  const update = (key: string, change: Partial<Sending>) =>
    setSending((all) => all.map((one) => (one.key === key ? { ...one, ...change } : one)))
  const remove = (key: string) => {
    chosen.current.delete(key)
    setSending((all) => all.filter((one) => one.key !== key))
  }
  const send = async (key: string) => {
    const item = chosen.current.get(key)
    if (!item || item.abort.signal.aborted) return
    const { use, prepare } = latest.current
    try {
      const content = prepare ? await prepare(item.file) : item.file
      const done = await uploadFile(content, {
        use,
        name: item.file.name || 'photo.jpg',
        takenAt: new Date(item.file.lastModified).toISOString(),
        signal: item.abort.signal,
        onProgress: (part) => update(key, { part }),
      })
      if (!chosen.current.has(key)) return void deleteFile(done.id)
      latest.current.onDone(done)
      remove(key)
    } catch (error) {
      if (!item.abort.signal.aborted) update(key, { error, part: undefined })
    }
  }
  const queue = (key: string) => {
    line.current = line.current.then(() => send(key))
  }

  return {
    sending,
    add: (files) => {
      for (const file of files) {
        const key = uuid()
        chosen.current.set(key, { file, abort: new AbortController() })
        setSending((all) => [...all, { key, name: file.name, part: undefined }])
        queue(key)
      }
    },
    retry: (key) => {
      setSending((all) =>
        all.map((one) => (one.key === key ? { key, name: one.name, part: undefined } : one)),
      )
      queue(key)
    },
    stop: (key) => {
      chosen.current.get(key)?.abort.abort()
      remove(key)
    },
  }
}
