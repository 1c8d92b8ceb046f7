import { expect, test } from 'vitest'
import { switchLanguage } from '../i18n'
import { explain, findingsOf, problemText } from './explain'

function failure(code: string, params = {}): Error {
  return Object.assign(new Error(code), { code, params })
}

test('a refusal says what happened, in the reader’s language', async () => {
  expect(explain(failure('throttled', { seconds: 30 }))).toBe('尝试次数太多，请 30 秒后再试。')
  await switchLanguage('en')
  expect(explain(failure('throttled', { seconds: 30 }))).toBe(
    'Too many attempts. Try again in 30 seconds.',
  )
  await switchLanguage('zh-CN')
})

test('a refusal because of people names them', () => {
  expect(explain(failure('user_disabled', { users: ['张三'] }))).toBe('已停用：张三，请换人。')
  expect(explain(failure('user_disabled'))).toBe('所选人员已停用，请换一位。')
  expect(explain(failure('user_unknown', { users: ['u_1', 'u_2'] }))).toMatch(/u_1.+u_2/)
  expect(explain(failure('throttled', { users: ['张三'], seconds: 30 }))).toContain('30 秒')
})

test('refused definitions say what is wrong, and where', () => {
  const findings = [{ ref: 'flows/pay', path: '/nodes/2/onEmpty', code: 'not_applicable' }]
  const refused = Object.assign(failure('definitions_refused'), { findings })
  expect(findingsOf(refused)).toEqual(['这里不能用这个键 flows/pay /nodes/2/onEmpty'])
  expect(findingsOf(failure('throttled'))).toEqual([])
})

test('a code nobody translated is shown, so that it can be reported', () => {
  expect(explain(failure('brand_new'))).toContain('brand_new')
})

test('a bug of the page is not blamed on the server', () => {
  expect(explain(new TypeError('x is undefined'))).toBe('页面出错了，请刷新后重试。')
})

test.each([
  [{ code: 'items', params: { min: 1 } }, '至少要 1 项'],
  [{ code: 'items', params: { max: 9 } }, '最多 9 项'],
  [{ code: 'max', params: { max: '24' } }, '不能大于 24'],
  [{ code: 'max', params: { digits: 13 } }, '整数部分最多 13 位'],
  [{ code: 'pattern', params: { type: 'id_card' } }, '身份证号不正确：18 位，最后一位是校验码'],
  [{ code: 'pattern', params: { pattern: '^a' } }, '格式不对，请检查'],
  [{ code: 'required' }, '请填写'],
])('%j reads %s', (problem, want) => {
  expect(problemText(problem)).toBe(want)
})

test('a rule speaks in the words of its definition, with the values it names', () => {
  const problem = { code: 'over', params: { limit: '100.00' } }
  expect(problemText(problem, '超过限额 {limit}，请改 {other}')).toBe(
    '超过限额 100.00，请改 {other}',
  )
})
