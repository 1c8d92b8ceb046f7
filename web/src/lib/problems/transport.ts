import i18next from 'i18next'

/** What receivers and the network say most, and what it means for who set the channel up. */
const meanings = [
  [/connection refused/i, 'refused'],
  [/no such host|server misbehaving/i, 'unknownHost'],
  [/i\/o timeout|deadline exceeded|timed? ?out/i, 'timeout'],
  [/x509|certificate|tls:/i, 'certificate'],
  [/\b(535|534|530)\b|auth/i, 'login'],
  [/\b(429|throttl|too many|frequency)/i, 'tooOften'],
  [/no route to host|network is unreachable/i, 'unreachable'],
] as const

/** What a status of HTTP says to who set the channel up. */
function meaningOf(status: number) {
  if (status === 401 || status === 403) return 'denied'
  if (status === 404 || status === 405 || status === 410) return 'noPath'
  if (status === 408) return 'timeout'
  if (status === 429) return 'tooOften'
  if (status >= 500) return 'fault'
  return status < 400 ? 'moved' : 'content'
}

/** Why a message was not delivered, in words where we know them; what the other side said stands behind them. */
export function transportText(said: string): string {
  const status = /^(?:http_|answered )(\d{3})$/.exec(said)?.[1]
  if (status) return i18next.t(`deliveries.reasons.${meaningOf(Number(status))}`, { said: status })
  const known = meanings.find(([sign]) => sign.test(said))
  return known ? i18next.t(`deliveries.reasons.${known[1]}`, { said }) : said
}
