import i18next from 'i18next'
import { currentLanguage } from './i18n'

const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(
  zone: string | undefined,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const key = `${currentLanguage()}|${zone ?? ''}|${JSON.stringify(options)}`
  let found = formatters.get(key)
  if (!found) {
    found = new Intl.DateTimeFormat(
      currentLanguage(),
      zone ? { ...options, timeZone: zone } : options,
    )
    formatters.set(key, found)
  }
  return found
}

const minutes: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  hour12: false,
}

/** A moment (ISO 8601, UTC) in the given time zone, to the minute: "2026-06-30 14:05". */
export function moment(iso: string, zone?: string): string {
  const parts = new Map(
    formatter(zone, minutes)
      .formatToParts(new Date(iso))
      .map((part) => [part.type, part.value]),
  )
  const hour = parts.get('hour') === '24' ? '00' : parts.get('hour')
  return `${parts.get('year')}-${parts.get('month')}-${parts.get('day')} ${hour}:${parts.get('minute')}`
}

/** The date of a moment in the given time zone as YYYY-MM-DD. */
export function dateOf(iso: string, zone?: string): string {
  return moment(iso, zone).slice(0, 10)
}

/** How far in milliseconds the zone's clock is ahead of UTC at that moment. */
function offsetAt(at: number, zone: string | undefined): number {
  const local = moment(new Date(at).toISOString(), zone)
  return Date.parse(`${local.replace(' ', 'T')}:00Z`) - Math.floor(at / 60000) * 60000
}

/** The moment (ISO 8601, UTC) at which the clock of the zone shows the local time "2026-06-30T14:05". */
export function fromLocal(local: string, zone?: string): string {
  const guess = Date.parse(`${local}:00Z`)
  const first = guess - offsetAt(guess, zone)
  return new Date(guess - offsetAt(first, zone)).toISOString().replace('.000Z', 'Z')
}

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
]

/** A distance to now in words: "3 hours ago", "in 2 days", "just now", and for what is still to come "in 1 minute". */
export function fromNow(iso: string, now: number): string {
  const distance = Date.parse(iso) - now
  const words = new Intl.RelativeTimeFormat(currentLanguage(), { numeric: 'auto' })
  const [unit, size] = units.find(([, length]) => Math.abs(distance) >= length) ?? []
  if (unit && size) return words.format(Math.trunc(distance / size), unit)
  return distance > 0 ? words.format(1, 'minute') : i18next.t('common.justNow')
}

/** A length of time in its two largest units: "2 d 3 h". */
export function lengthOf(milliseconds: number): string {
  const parts: string[] = []
  let rest = Math.max(0, milliseconds)
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0 || (unit === 'minute' && parts.length === 0)) {
      parts.push(
        new Intl.NumberFormat(currentLanguage(), {
          style: 'unit',
          unit,
          unitDisplay: 'short',
        }).format(count),
      )
    }
  }
  return parts.slice(0, 2).join(' ')
}
