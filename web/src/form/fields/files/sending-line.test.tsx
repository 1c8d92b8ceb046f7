import { renderToStaticMarkup } from 'react-dom/server'
import { expect, it } from 'vitest'
import { ApiError } from '@/api/request'
import { SendingLines } from './sending-line'
import { isSending, type Sending, type Uploads } from './use-uploads'

function uploads(item: Partial<Sending>): Uploads {
  const sending = [{ key: 'k', name: '现场.png', part: undefined, ...item }]
  return { sending, add: () => undefined, retry: () => undefined, stop: () => undefined }
}

const shown = (item: Partial<Sending>) =>
  renderToStaticMarkup(<SendingLines uploads={uploads(item)} />)

it.each([
  ['is prepared', {}, '正在处理 现场.png'],
  ['is sent', { part: 0.5 }, '正在上传 现场.png'],
])('a file that %s can be stopped', (_, item, text) => {
  expect(shown(item)).toContain(text)
  expect(shown(item)).toContain('取消上传 现场.png')
  expect(shown(item)).not.toContain('role="alert"')
  expect(isSending(uploads(item))).toBe(true)
})

it.each([
  ['the line is gone', new ApiError(0, { code: 'offline' }), true],
  ['the server has a fault', new ApiError(500, { code: 'internal' }), true],
  ['the session ended', new ApiError(401, { code: 'unauthenticated' }), true],
  ['it is too large', new ApiError(413, { code: 'too_large' }), false],
  ['it is no picture', new ApiError(422, { code: 'image_damaged' }), false],
])('a file that did not arrive says so: %s', (_, error, again) => {
  const line = shown({ error })
  expect(line).toContain('role="alert"')
  expect(line).toContain('现场.png 没有上传成功')
  expect(line).toContain('class="fw-problem"')
  expect(line).not.toContain('正在')
  expect(line).toContain('移除 现场.png')
  expect(line.includes('重新上传 现场.png')).toBe(again)
  expect(isSending(uploads({ error }))).toBe(false)
})
