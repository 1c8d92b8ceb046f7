import { queryString, request, type UploadOptions, upload } from './request'

/** What a file is uploaded for: the type of the field that will hold it. */
export type FileUse = 'attachment' | 'image' | 'signature'

/** A file as the server has taken it. */
export interface UploadedFile {
  id: string
  name: string
  type: string
  /** Bytes. */
  size: number
  width?: number
  height?: number
}

export interface FileUpload extends UploadOptions {
  use: FileUse
  name: string
  /** By the clock of this device, ISO 8601. */
  takenAt?: string | undefined
}

/** Sends a file. No record holds it yet; without one it goes after a day. */
export function uploadFile(content: Blob, options: FileUpload): Promise<UploadedFile> {
  const form = new FormData()
  form.set('file', content, options.name)
  const { use, takenAt } = options
  return upload(`/files${queryString({ use, takenAt })}`, form, options)
}

/** Takes back an upload of one's own that no record holds. */
export function deleteFile(id: string): Promise<void> {
  return request(`/files/${encodeURIComponent(id)}`, { method: 'DELETE' })
}

/** Where a file is. As a download the browser never shows it itself. */
export function fileUrl(id: string, as?: 'download'): string {
  return `/api/v1/files/${encodeURIComponent(id)}${as === 'download' ? '?download=true' : ''}`
}

/** Where a small picture of an image is; size is of the longer side, in pixels of the screen. */
export function thumbUrl(id: string, size: number): string {
  return `/api/v1/files/${encodeURIComponent(id)}/thumb?size=${size}`
}
