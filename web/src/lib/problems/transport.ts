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

/** Why a message was not delivered, in words where we know them; what the other side said stands behind them. */
export function transportText(said: string): string {
  const known = meanings.find(([sign]) => sign.test(said))
  return known ? i18next.t(`deliveries.reasons.${known[1]}`, { said }) : said
}
