import { fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { switchLanguage } from '@/lib/i18n'
import { NativeDate } from './native-date'

afterEach(() => switchLanguage('zh-CN'))

test.each([
  ['zh-CN', 'date', '年-月-日'],
  ['en', 'date', 'YYYY-MM-DD'],
  ['zh-CN', 'month', '年-月'],
  ['en', 'month', 'YYYY-MM'],
  ['en', 'datetime-local', 'YYYY-MM-DD HH:mm'],
  ['en', 'time', 'HH:mm'],
] as const)(
  'in %s an empty %s says what is to be written, whatever the device speaks',
  async (lang, type, text) => {
    await switchLanguage(lang)
    const { container, unmount } = render(
      <NativeDate type={type} value="" onChange={() => undefined} />,
    )
    expect(container.textContent).toBe(text)
    unmount()
  },
)

test('what was chosen is written as in the rest of the page, and read by none but the eye', () => {
  const { container, unmount } = render(
    <NativeDate type="datetime-local" value="2026-03-02T14:05" onChange={() => undefined} />,
  )
  const text = container.querySelector('.fw-native-date-text')
  expect(text?.textContent).toBe('2026-03-02 14:05')
  expect(text?.getAttribute('aria-hidden')).toBe('true')
  expect(container.querySelector('.fw-native-date-empty')).toBeNull()
  unmount()
})

test('the device hands over the day as the record keeps it', () => {
  const days: string[] = []
  const { unmount } = render(
    <NativeDate aria-label="用工日期" type="date" value="" onChange={(day) => days.push(day)} />,
  )
  fireEvent.change(screen.getByLabelText('用工日期'), { target: { value: '2026-03-02' } })
  expect(days).toEqual(['2026-03-02'])
  unmount()
})
