import i18next from 'i18next'
import type { Flow } from '@/api/definitions.gen'
import type { TableRange, TraceReason } from '@/api/flows'
import { translateIfKnown } from '@/lib/i18n'
import { moment } from '@/lib/time'

/** An entry of a node's people in words: "role:finance" is the holders of the role finance. */
export function whoText(entry: string, title?: string): string {
  const [kind = '', ...rest] = entry.split(':')
  return translateIfKnown(`flows.who.${kind}`, { name: title || rest.join(':') }) ?? entry
}

/** What starts a flow, in words; of a schedule also when it runs next. */
export function startText({ start }: Flow, next: string | undefined): string {
  const t = i18next.t
  if (start?.schedule) {
    const schedule = t('flows.starts.schedule', { cron: start.schedule })
    return next ? t('flows.starts.next', { schedule, time: moment(next) }) : schedule
  }
  if (start?.webhook) return t('flows.starts.webhook', { name: start.webhook })
  const on = start?.on ?? 'submit'
  const kinds = Array.isArray(on) ? on : [on]
  return kinds.map((kind) => t(`flows.starts.${kind}`)).join(t('flows.and'))
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
      when: reason.when,
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

/** What a condition read, in words: "amount = 1500, note = empty". */
export function readsText(reason: TraceReason): string {
  return Object.entries(reason.reads ?? {})
    .map(([path, value]) => `${path} = ${value === null ? i18next.t('flows.missing') : value}`)
    .join(i18next.t('flows.and'))
}

/** A part of a variable's values in words: "> 4", "0 – 500", "a, b". */
export function rangeText(range: TableRange): string {
  const t = i18next.t
  if (range.any) return t('flows.anyValue')
  if (range.other) return t('flows.otherValues')
  if (range.values) return range.values.map(valueText).join(t('flows.and'))
  const { from, to, fromClosed, toClosed } = range
  if (from !== undefined && from === to) return `= ${from}`
  if (from === undefined) return `${toClosed ? '≤' : '<'} ${to}`
  if (to === undefined) return `${fromClosed ? '≥' : '>'} ${from}`
  return `${fromClosed ? '≥' : '>'} ${from}${t('flows.and')}${toClosed ? '≤' : '<'} ${to}`
}

function valueText(value: string): string {
  if (value === 'true') return i18next.t('common.yes')
  if (value === 'false') return i18next.t('common.no')
  return value
}
