import i18next from 'i18next'
import type { Flow, Node } from '@/api/definitions.gen'
import type { Doing, Reading, TableRange, TableVariable, TraceReason } from '@/api/flows'
import { translateIfKnown } from '@/lib/i18n'
import { moment } from '@/lib/time'
import { amountText, conditionText } from './condition-text'

/** One thing said below what a node does, or what starts a flow: a field and its value, a condition. */
export interface DoingLine {
  title: string
  text: string
  /** As the definition says it. */
  source: string
}

/** An entry of a node's people in words: "role:finance" is the holders of the role finance. */
export function whoText(entry: string, title?: string): string {
  const whole = translateIfKnown(`flows.who.whole.${entry.replace(':', '_')}`)
  if (whole) return whole
  const [kind = '', ...rest] = entry.split(':')
  const exact = translateIfKnown(`flows.whoExact.${entry.replace(':', '_')}`)
  if (exact) return exact
  return translateIfKnown(`flows.who.${kind}`, { name: title || rest.join(':') }) ?? entry
}

/** What starts a flow, in words: of which records, and of a schedule when it runs next. */
export function startText(
  { start }: Flow,
  told: Doing | undefined,
  next: string | undefined,
): string {
  const t = i18next.t
  if (start?.schedule) {
    const schedule = cronText(start.schedule)
    return next ? t('flows.starts.next', { schedule, time: moment(next) }) : schedule
  }
  if (start?.webhook) return t('flows.starts.webhook', { name: start.webhook })
  const on = start?.on ?? 'submit'
  const kinds = Array.isArray(on) ? on : [on]
  return kinds
    .map((kind) => {
      const entity = told?.entity
      return entity && kind !== 'call'
        ? t(`flows.startsOf.${kind}`, { entity })
        : t(`flows.starts.${kind}`)
    })
    .join(t('flows.and'))
}

/** Who is offered the button that starts a flow, and which records start it; nothing where all do. */
export function startLimits(told: Doing | undefined): DoingLine[] {
  const t = i18next.t
  const { where, roles = [] } = told ?? {}
  const limits: DoingLine[] = []
  if (where) {
    const text = where.told ? conditionText(where.told) : where.source
    limits.push({ title: t('flows.onlyIf'), text, source: where.source })
  }
  if (roles.length > 0) {
    const text = roles.join(t('flows.and'))
    limits.push({ title: t('flows.startRoles'), text, source: text })
  }
  return limits
}

/** A schedule of five fields in words where people would say it; else as it stands. */
export function cronText(cron: string): string {
  const t = i18next.t
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = cron.trim().split(/\s+/)
  const every = /^\*\/(\d+)$/.exec(minute)
  const all = [hour, day, month, weekday]
  if (every && all.every((part) => part === '*'))
    return t('flows.cron.minutes', { count: Number(every[1]) })
  if (/^\d+$/.test(minute) && all.every((part) => part === '*'))
    return t('flows.cron.hourly', { minute: Number(minute) })
  if (!/^\d+$/.test(minute) || !/^\d+$/.test(hour) || month !== '*')
    return t('flows.starts.schedule', { cron })
  const time = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`
  if (day === '*' && weekday === '*') return t('flows.cron.daily', { time })
  if (day === '*' && /^[0-7](,[0-7])*$/.test(weekday)) {
    const days = weekday.split(',').map((one) => t(`flows.cron.days.${weekdayOf(one)}`))
    return t('flows.cron.weekly', { days: days.join(t('flows.and')), time })
  }
  if (weekday === '*' && /^\d+(,\d+)*$/.test(day))
    return t('flows.cron.monthly', { days: day.split(',').join(t('flows.and')), time })
  return t('flows.starts.schedule', { cron })
}

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** A day of the week of a schedule: 0 and 7 are Sunday. */
function weekdayOf(number: string): (typeof weekdays)[number] {
  return weekdays[Number(number) % 7] ?? 'sun'
}

/** A reason in words. */
export function reasonText(reason: TraceReason): string {
  const t = i18next.t
  const people = (reason.people ?? [])
    .map((person) => person.name || person.id)
    .join(t('flows.and'))
  if (reason.hidden)
    return t('flows.reasonHidden', { result: t(`flows.holds.${reason.holds ?? 'no'}`) })
  if (reason.when !== undefined && reason.when !== '') {
    return t('flows.reasonWhen', {
      when: reason.told ? conditionText(reason.told) : reason.when,
      result: t(`flows.holds.${reason.holds ?? 'failed'}`),
    })
  }
  if (reason.rule) {
    const rule = translateIfKnown(`flows.rules.${reason.rule}`) ?? reason.rule
    return people ? t('flows.reasonRule', { rule, people }) : rule
  }
  return people
    ? t('flows.reasonWho', { who: whoText(reason.who ?? '', reason.name), people })
    : t('flows.reasonNobody', { who: whoText(reason.who ?? '', reason.name) })
}

/** What a condition read, in words: "合计 = 1,500，备注 = 空". */
export function readsText(reason: TraceReason): string {
  const named = new Map(partsOf(reason.told).map((part) => [part.path, part]))
  return Object.entries(reason.reads ?? {})
    .map(([path, value]) => {
      const of = named.get(path)
      const text = value === null ? i18next.t('flows.missing') : valueText(String(value), of ?? {})
      return `${of?.title ?? path} = ${text}`
    })
    .join(i18next.t('flows.and'))
}

/** The parts of a condition, itself among them. */
function partsOf(told: Reading | undefined): Reading[] {
  return told ? [told, ...(told.args ?? []).flatMap(partsOf)] : []
}

/** What the deadlines of a node do, in words: "24 小时后提醒". */
export function deadlinesText(
  deadlines: NonNullable<Node['timeout']>,
  titles: Record<string, string> = {},
): string {
  return deadlines
    .map(({ after, do: what }) => {
      const [word = '', ...rest] = what.split(':')
      const name = rest.join(':')
      const to =
        translateIfKnown(`flows.deadline.to.${name}`) ??
        (name.includes(':') ? whoText(name, titles[name]) : name)
      return i18next.t('flows.deadline.after', {
        length: periodText(after),
        what: translateIfKnown(`flows.deadline.do.${word}`, { to }) ?? what,
      })
    })
    .join(i18next.t('flows.and'))
}

/** A period of ISO 8601 in words; what is none as it stands. */
export function periodText(period: string): string {
  const parts = [...period.replace(/^P/, '').matchAll(/(T?)(\d+)([WDHM])/g)]
  if (parts.length === 0) return period
  return parts
    .map(([, , count, unit]) =>
      translateIfKnown(`flows.deadline.unit.${unit}`, { count: Number(count) }),
    )
    .join(' ')
}

/** A part of a variable's values in words: "> 4", "0 – 500", "a, b". */
export function rangeText(range: TableRange, variable: Kind): string {
  const t = i18next.t
  const text = (value: string) => valueText(value, variable)
  if (range.any) return t('flows.anyValue')
  if (range.other) return t('flows.otherValues')
  if (range.values) return range.values.map(text).join(t('flows.and'))
  const { fromClosed, toClosed } = range
  const from = range.from === undefined ? undefined : text(range.from)
  const to = range.to === undefined ? undefined : text(range.to)
  if (from !== undefined && from === to) return `= ${from}`
  if (from === undefined) return `${toClosed ? '≤' : '<'} ${to}`
  if (to === undefined) return `${fromClosed ? '≥' : '>'} ${from}`
  return `${fromClosed ? '≥' : '>'} ${from}${t('flows.and')}${toClosed ? '≤' : '<'} ${to}`
}

/** What kind of value a variable has. */
type Kind = Pick<TableVariable, 'type' | 'unit' | 'labels'>

function valueText(value: string, of: Kind): string {
  if (of.labels?.[value]) return of.labels[value]
  if (value === 'true') return i18next.t('common.yes')
  if (value === 'false') return i18next.t('common.no')
  return /^-?\d+(\.\d+)?$/.test(value) && numbers.has(of.type ?? '')
    ? amountText(value, of.type, of.unit)
    : value
}

const numbers: ReadonlySet<string> = new Set(['money', 'decimal', 'integer', 'percent'])
