import { afterAll, beforeAll, expect, test } from 'vitest'
import { switchLanguage } from '../i18n'
import { explain } from './explain'
import { transportText } from './transport'

beforeAll(() => switchLanguage('en'))
afterAll(() => switchLanguage('zh-CN'))

test.each([
  ['dial tcp 127.0.0.1:9: connect: connection refused', 'refused the connection'],
  ['dial tcp: lookup smtp.example.org: no such host', 'no server of this name'],
  ['dial tcp 10.0.0.8:587: i/o timeout', 'did not answer in time'],
  [
    'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    'certificate',
  ],
  ['535 5.7.8 Error: authentication failed', 'account or password'],
  ['http_404', 'the address'],
  ['http_403', 'the secret'],
  ['http_400', 'content'],
  ['answered 503', 'fault of its own'],
  ['answered 429', 'no more for now'],
])('what the network says is told in words: %s', (said, words) => {
  expect(transportText(said)).toContain(words)
  expect(transportText(said)).toContain(said.replace(/^(http_|answered )/, ''))
})

test('what nobody knows stands as it was said', () => {
  expect(transportText('310000 keywords not in content')).toBe('310000 keywords not in content')
})

test('a test message that was not delivered says why in words', () => {
  const refusal = { code: 'channel_not_sent', params: { said: 'connect: connection refused' } }
  expect(explain(Object.assign(new Error('502'), refusal))).toContain('refused the connection')
})
