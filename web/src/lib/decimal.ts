// Decimals travel and stay as strings; arithmetic here is exact and serves sums under columns and steppers only.
// What is stored is computed by the form engine.

interface Scaled {
  units: bigint
  scale: number
}

const shape = /^(-?)(\d+)(?:\.(\d+))?$/

function scaled(text: string): Scaled | undefined {
  const match = shape.exec(text)
  if (!match) return undefined
  const fraction = match[3] ?? ''
  const units = BigInt(`${match[2]}${fraction}`)
  return { units: match[1] === '-' ? -units : units, scale: fraction.length }
}

function atScale(value: Scaled, scale: number): bigint {
  return value.units * 10n ** BigInt(scale - value.scale)
}

function toText(value: Scaled): string {
  const negative = value.units < 0n
  const digits = (negative ? -value.units : value.units).toString().padStart(value.scale + 1, '0')
  const whole = digits.slice(0, digits.length - value.scale)
  const fraction = value.scale > 0 ? `.${digits.slice(-value.scale)}` : ''
  return `${negative ? '-' : ''}${whole}${fraction}`
}

/** Whether the text is a decimal as it goes over the wire. */
export function isDecimal(text: string): boolean {
  return shape.test(text)
}

/** The exact sum of the decimals given; what is not a decimal counts as missing. Keeps the largest scale seen. */
export function sum(values: readonly unknown[]): string {
  const known = values
    .map((value) =>
      typeof value === 'string' || typeof value === 'number' ? scaled(String(value)) : undefined,
    )
    .filter((value) => value !== undefined)
  const scale = Math.max(0, ...known.map((value) => value.scale))
  return toText({ units: known.reduce((total, value) => total + atScale(value, scale), 0n), scale })
}

/** Adds two decimals exactly and drops trailing zeros: add("7.5", "0.5") is "8". */
export function add(a: string, b: string): string {
  const total = sum([a, b])
  return total.includes('.') ? total.replace(/\.?0+$/, '') : total
}

/** -1, 0 or 1 as a is below, equal to or above b; undefined unless both are decimals. */
export function compare(a: string, b: string): -1 | 0 | 1 | undefined {
  const left = scaled(a)
  const right = scaled(b)
  if (!left || !right) return undefined
  const scale = Math.max(left.scale, right.scale)
  const difference = atScale(left, scale) - atScale(right, scale)
  if (difference === 0n) return 0
  return difference < 0n ? -1 : 1
}

/** A decimal with its thousands grouped: "1234.50" → "1,234.50". Anything else is returned as it is. */
export function grouped(text: string): string {
  const match = shape.exec(text)
  if (!match) return text
  const whole = (match[2] ?? '').replace(/\B(?=(\d{3})+$)/g, ',')
  return `${match[1]}${whole}${match[3] === undefined ? '' : `.${match[3]}`}`
}

/** What a person typed or pasted as a number, in wire form: full-width digits, blanks and group separators removed. */
export function normalized(input: string): string {
  const text = input
    .normalize('NFKC')
    .replace(/[\s,，¥￥]/g, '')
    .replace(/^\+/, '')
  if (text === '' || text === '-') return text
  const match = /^(-?)0*(\d*)(?:\.(\d*))?$/.exec(text)
  if (!match) return text
  const whole = match[2] === '' ? '0' : match[2]
  return `${match[1]}${whole}${match[3] ? `.${match[3]}` : ''}`
}

/** a / b with the given places, half up; b must not be zero. */
function quotient(a: bigint, b: bigint, scale: number): string {
  const scaledUp = a * 10n ** BigInt(scale) * 2n
  const sign = scaledUp < 0n ? -1n : 1n
  return toText({ units: (scaledUp + sign * b) / (2n * b), scale })
}

/**
 * What stands below a column: the exact sum, count, average (with the given places), smallest or largest of the
 * decimals in it. Undefined where there is nothing to say.
 */
export function total(
  kind: 'sum' | 'count' | 'avg' | 'min' | 'max',
  values: readonly unknown[],
  places: number,
): string | undefined {
  const known = values
    .filter((value) => typeof value === 'string' || typeof value === 'number')
    .map(String)
  const decimals = known.filter(isDecimal)
  switch (kind) {
    case 'count':
      return String(known.length)
    case 'sum':
      return sum(decimals)
    case 'avg': {
      const all = scaled(sum(decimals))
      if (!all || decimals.length === 0) return undefined
      const unit = 10n ** BigInt(all.scale)
      return quotient(all.units, unit * BigInt(decimals.length), places)
    }
    default: {
      const wanted = kind === 'min' ? -1 : 1
      return decimals.reduce<string | undefined>(
        (best, value) => (best === undefined || compare(value, best) === wanted ? value : best),
        undefined,
      )
    }
  }
}

/** A decimal divided by a positive whole number, exact to the given places, half up. Anything else is returned as it is. */
export function divided(text: string, divisor: bigint, places: number): string {
  const value = scaled(text)
  if (!value) return text
  return quotient(value.units, divisor * 10n ** BigInt(value.scale), places)
}
