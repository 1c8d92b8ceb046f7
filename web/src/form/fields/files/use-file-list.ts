import { App } from 'antd'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { deleteFile, type FileUse } from '@/api/files'
import { useForm } from '../../form-context'
import type { EditorProps } from '../kind'
import { type Uploads, useUploads } from './use-uploads'

const mostFiles = 20

export interface FileList extends Uploads {
  ids: readonly string[]
  nameOf: (id: string) => string
  max: number
  /** How many more may be added. */
  room: number
  remove: (id: string) => void
}

/** The files of a field: those it holds, and those on their way. */
export function useFileList(
  props: EditorProps,
  use: FileUse,
  prepare?: (file: File) => Promise<Blob>,
): FileList {
  const { t } = useTranslation()
  const { model } = useForm()
  const { message } = App.useApp()
  const ids = idsOf(props.value)
  // Uploads end one after the other, sooner than the form renders: each adds to what the one before left.
  const held = useRef(ids)
  const fresh = useRef(new Set<string>())
  useEffect(() => {
    held.current = idsOf(props.value)
  }, [props.value])
  const put = (next: readonly string[]) => {
    held.current = next
    props.onChange(next.length > 0 ? [...next] : undefined)
  }
  const uploads = useUploads({
    use,
    ...(prepare ? { prepare } : {}),
    onDone: (file) => {
      model.learnName('file', file.id, file.name)
      fresh.current.add(file.id)
      put([...held.current, file.id])
    },
  })
  const max = props.field.maxItems ?? props.field['x-files']?.maxCount ?? mostFiles
  const room = Math.max(0, max - ids.length - uploads.sending.length)
  return {
    ...uploads,
    ids,
    max,
    room,
    nameOf: (id) => model.nameOf('file', id) ?? t('files.open'),
    add: (files) => {
      if (files.length > room) void message.warning(t('files.tooMany', { max }))
      uploads.add(files.slice(0, room))
    },
    remove: (id) => {
      put(held.current.filter((one) => one !== id))
      // Nobody else knows of a file that was sent just now; one that is stored goes with the record's own change.
      if (fresh.current.delete(id)) void deleteFile(id).catch(() => undefined)
    },
  }
}

export function idsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}
