import i18next from 'i18next'
import type { Reading } from '@/api/flows'
import { grouped, isDecimal } from '@/lib/decimal'
import { currentLanguage, translateIfKnown } from '@/lib/i18n'

const dates: ReadonlySet<string> = new Set(['date', 'datetime', 'month'])
const texts: ReadonlySet<string> = new Set(['text', 'longtext'])
const signs: Partial<Record<Reading['op'], string>> = {
  add: '+',
  sub: '−',
  mul: '×',
  div: '÷',
  mod: 'mod',
  pow: '^',
}

/** A condition of a flow as a sentence in the reader's language: "合计 大于 5万 且 类别 是 材料". */
export function conditionText(reading: Reading): string {
  const t = i18next.t
  const args = reading.args ?? []
  const [a = '', b = '', c = ''] = args.map((arg) => partText(arg, reading))
  switch (reading.op) {
    case 'field':
    case 'role':
    case 'own':
    case 'row':
      return namedText(reading)
    case 'none':
      return t('flows.cond.none')
    case 'setting':
      return reading.value === undefined
        ? (reading.title ?? '')
        : t('flows.cond.setting', { title: reading.title, value: constantText(reading) })
    case 'value':
      return constantText(reading)
    case 'yes':
    case 'no':
      return t(`flows.cond.${args[0]?.op === 'role' ? 'role' : 'bool'}.${reading.op}`, { a })
    case 'and':
    case 'or':
      return args.map((arg) => partText(arg, reading)).join(t(`flows.cond.${reading.op}`))
    case 'not':
      return args[0]?.op === 'in' ? oneOf('notIn', args[0]) : t('flows.cond.not', { a })
    case 'in':
      return oneOf('in', reading)
    case 'nz':
    case 'filled':
    case 'empty':
    case 'if':
      return t(`flows.cond.${reading.op}`, { a, b, c })
    case 'neg':
      return `−${a}`
    case 'call':
      return callText(reading)
    case 'eq':
    case 'ne':
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      return t(`flows.cond.${kindOf(args)}.${reading.op}`, { a, b })
    default:
      return `${a} ${signs[reading.op]} ${b}`
  }
}

/** What a reading names: a field, a role, this record or its row, or a field of these. */
function namedText({ op, title = '', path = '' }: Reading): string {
  const t = i18next.t
  switch (op) {
    case 'own':
      return title ? t('flows.cond.ownField', { a: title }) : t('flows.cond.own')
    case 'row':
      return title ? t('flows.cond.rowField', { a: title }) : t('flows.cond.row')
    default:
      return title || (translateIfKnown(`system.${path}`) ?? path)
  }
}

/** A text that a flow makes, as it reads: constants as they stand, fields in brackets: "〔编号〕 已入账". */
export function wordingText(reading: Reading): string {
  const parts = (of: Reading): Reading[] =>
    of.op === 'add' ? (of.args ?? []).flatMap(parts) : [of]
  const pieces = parts(reading)
  if (!pieces.some((part) => part.op === 'value')) return conditionText(reading)
  return pieces
    .map((part) =>
      part.op === 'value' && !part.label
        ? (part.value ?? '')
        : i18next.t('flows.cond.blank', { a: conditionText(part) }),
    )
    .join('')
}

/** What a comparison is of: dates come before each other, numbers are more, anything else is something or not. */
function kindOf(args: readonly Reading[]): 'date' | 'number' | 'plain' {
  const type = args.find((arg) => arg.type)?.type ?? ''
  if (dates.has(type)) return 'date'
  const named = args.some((arg) => arg.label !== undefined)
  const plain =
    texts.has(type) || args.some((arg) => arg.op === 'value' && !isDecimal(arg.value ?? ''))
  return named || plain || namesThings.has(type) ? 'plain' : 'number'
}

const namesThings: ReadonlySet<string> = new Set([
  'select',
  'multiselect',
  'user',
  'users',
  'department',
  'reference',
  'references',
  'boolean',
])

/** A part of a condition, in brackets where it would be read with its neighbours. */
function partText(part: Reading, of: Reading): string {
  const text = conditionText(part)
  const joined = (part.op === 'and' || part.op === 'or') && (of.op === 'and' || of.op === 'or')
  const computed = signs[part.op] !== undefined && (signs[of.op] !== undefined || of.op === 'neg')
  return (joined && part.op !== of.op) || computed
    ? i18next.t('flows.cond.brackets', { a: text })
    : text
}

function oneOf(word: 'in' | 'notIn', reading: Reading): string {
  const [of, ...values] = reading.args ?? []
  const t = i18next.t
  return t(`flows.cond.${word}`, {
    a: of ? conditionText(of) : '',
    b: values.map(conditionText).join(t('flows.cond.comma')),
  })
}

function callText(reading: Reading): string {
  const args = (reading.args ?? []).map(conditionText)
  if (reading.name === 'add_hours' && reading.args?.[1]?.unit)
    return i18next.t('flows.cond.hoursLater', { a: args[0] ?? '', b: args[1] ?? '' })
  const several = args.length > 1 && (reading.name === 'min' || reading.name === 'max')
  const word = several ? `${reading.name}_each` : reading.name
  const a = several ? args.join(i18next.t('flows.cond.comma')) : args[0]
  return (
    translateIfKnown(`flows.cond.fn.${word}`, { a, b: args[1] ?? '' }) ??
    `${word}(${args.join(', ')})`
  )
}

function constantText({ value = '', label, type = '', unit }: Reading): string {
  if (label) return label
  if (type === 'boolean' || ((value === 'true' || value === 'false') && type === ''))
    return i18next.t(value === 'true' ? 'common.yes' : 'common.no')
  if (dates.has(type)) return value
  if (isDecimal(value) && !texts.has(type)) return amountText(value, type, unit)
  const state = type === 'select' ? translateIfKnown(`state.${value}`) : undefined
  return state ?? i18next.t('flows.cond.quoted', { a: value })
}

/** A number as people write it: 50000 is 5万 in Chinese and 50,000 in English; with its unit. */
export function amountText(value: string, type = '', unit?: string): string {
  const text = (currentLanguage() === 'zh-CN' && largeText(value)) || grouped(value)
  if (type === 'percent') return `${text}%`
  return unit ? `${text} ${unit}` : text
}

/** A number in 万 or 亿, where that is exact with at most two places. */
function largeText(value: string): string | undefined {
  for (const [places, word] of [
    [8, '亿'],
    [4, '万'],
  ] as const) {
    const text = shifted(value, places)
    if (/^-?[1-9]\d*(\.\d{1,2})?$/.test(text)) return `${grouped(text)}${word}`
  }
  return undefined
}

/** A decimal with its point some places further left. */
function shifted(value: string, places: number): string {
  const [, sign = '', whole = '', part = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value) ?? []
  const digits = whole.padStart(places + 1, '0')
  const at = digits.length - places
  const fraction = `${digits.slice(at)}${part}`.replace(/0+$/, '')
  return `${sign}${digits.slice(0, at).replace(/^0+(?=\d)/, '')}${fraction && `.${fraction}`}`
}
