import i18next from 'i18next'
import type { Node } from '@/api/definitions.gen'
import type { Doing, Given, Reading, Told } from '@/api/flows'
import { conditionText, wordingText } from './condition-text'
import { type DoingLine, periodText, whoText } from './texts'

/** What a node does without people, in words. */
export interface DoingText {
  sentence: string
  lines: DoingLine[]
}

interface Around {
  /** What people are named by, by entry. */
  titles: Record<string, string>
  /** Where the webhooks of the company go, by name. */
  targets: Record<string, string>
}

/** What a node does without people, as a sentence in the reader's language with what it needs below it. */
export function doingText(node: Node, doing: Doing, around: Around): DoingText {
  const t = i18next.t
  const lines = [
    ...condition(t('flows.doing.where'), doing.where),
    ...(doing.values ?? []).map(given),
    ...(doing.back ?? []).map((each) =>
      given({ ...each, name: t('flows.doing.back', { name: each.name }) }),
    ),
    ...expected(doing),
    ...condition(t('flows.doing.reason'), doing.reason, wordingText),
    ...condition(t('flows.doing.title'), doing.title, wordingText),
    ...condition(t('flows.doing.body'), doing.body, wordingText),
  ]
  return { sentence: sentence(node, doing, around), lines }
}

function sentence(node: Node, doing: Doing, { titles, targets }: Around): string {
  const t = i18next.t
  const { entity = '', each, name = '', one, submit } = doing
  switch (doing.do) {
    case 'create': {
      const made = each
        ? t('flows.doing.createEach', { entity, each })
        : t('flows.doing.create', { entity })
      return submit ? t('flows.doing.submitted', { a: made }) : made
    }
    case 'update':
    case 'void':
      return one
        ? t(`flows.doing.${doing.do}One`, { entity, record: ownText(one) })
        : t(`flows.doing.${doing.do}`, { entity })
    case 'webhook':
      return targets[name]
        ? t('flows.doing.webhook', { name, target: targets[name] })
        : t('flows.doing.webhookUnset', { name })
    case 'notify': {
      const who = (doing.to ?? []).map((entry) => whoText(entry, titles[entry]))
      return t('flows.doing.notify', { who: who.join(t('flows.and')) })
    }
    case 'call': {
      const called = each
        ? t('flows.doing.callEach', { name, each })
        : t('flows.doing.call', { name })
      return node.wait === false ? t('flows.doing.notWaited', { a: called }) : called
    }
    case 'wait':
      return waitText(node, doing)
    default:
      return t('flows.doing.set')
  }
}

function waitText(node: Node, { until }: Doing): string {
  const t = i18next.t
  if (!until) return t('flows.doing.waitFor', { length: periodText(node.for ?? '') })
  const a = toldText(until)
  return until.told && isTime(until.told)
    ? t('flows.doing.waitTime', { a })
    : t('flows.doing.waitUntil', { a })
}

const times: ReadonlySet<string> = new Set(['date', 'datetime'])
const timeFunctions: ReadonlySet<string> = new Set([
  'today',
  'now',
  'add_days',
  'add_hours',
  'add_months',
  'add_workdays',
  'bom',
  'eom',
])

/** Whether what is waited for is a day or moment, and not a condition. */
function isTime({ op, type = '', name = '', args = [] }: Reading): boolean {
  if (op === 'field' || op === 'own') return times.has(type)
  if (op === 'call') return timeFunctions.has(name)
  return (op === 'nz' || op === 'if') && args.slice(op === 'if' ? 1 : 0).some(isTime)
}

/** A field of this record, said as one: beside it there is another record. */
function ownText(one: Told): string {
  const { told } = one
  return told?.op === 'field' ? conditionText({ ...told, op: 'own' }) : toldText(one)
}

/** An expression in words, or as it stands. */
export function toldText({ told, source }: Told, words = conditionText): string {
  return told ? words(told) : source
}

function given(each: Given): DoingLine {
  return { title: each.name, text: toldText(each), source: each.source }
}

function condition(title: string, told: Told | undefined, words = conditionText): DoingLine[] {
  return told ? [{ title, text: toldText(told, words), source: told.source }] : []
}

function expected({ expect = [] }: Doing): DoingLine[] {
  const t = i18next.t
  if (expect.length === 0) return []
  const names = expect.join(t('flows.and'))
  return [
    { title: t('flows.doing.expect'), text: t('flows.doing.unchanged', { names }), source: names },
  ]
}
