import i18next from 'i18next'
import type { Flow, Node } from '@/api/definitions.gen'
import type { FlowDetail } from '@/api/flows'
import { translateIfKnown } from '@/lib/i18n'
import { titleOf } from '@/lib/texts'
import { conditionText } from './condition-text'
import { placesOf } from './model'
import { deadlinesText, whoText } from './texts'

/** A key of a node in words; undefined where it has none and stands as the definition says it. */
export function settingText(key: string, node: Node, flow: FlowDetail): string | undefined {
  const value = (node as unknown as Record<string, unknown>)[key]
  const joined = (texts: readonly string[]) => texts.join(i18next.t('flows.and'))
  switch (key) {
    case 'when':
      return typeof value === 'string' && flow.readings[value]
        ? conditionText(flow.readings[value])
        : undefined
    case 'timeout':
      return node.timeout && deadlinesText(node.timeout, flow.titles)
    case 'who':
      return node.who && joined(node.who.map((entry) => whoText(entry, flow.titles[entry])))
    case 'fields':
      return node.fields && fieldsText(node.fields, flow.titles)
    case 'pass':
      return node.pass && passText(node.pass)
    case 'allow':
      return node.allow && joined(node.allow.map((verb) => i18next.t(`flows.allow.${verb}`)))
    case 'returnTo':
      return node.returnTo && joined(node.returnTo.map((to) => nodeTitle(flow.definition, to)))
    case 'onReject':
      return node.onReject && rejectText(node.onReject, flow.definition)
    case 'onEmpty':
      return emptyText(node.onEmpty, flow.titles)
    default:
      return enumText(key, value)
  }
}

/** A setting of the flow as a whole in words; undefined where it has none. */
export function flowSettingText(key: string, flow: FlowDetail): string | undefined {
  const settings = flow.definition.settings ?? {}
  switch (key) {
    case 'admins':
      return settings.admins
        ?.map((entry) => whoText(entry, flow.titles[entry]))
        .join(i18next.t('flows.and'))
    case 'onEmpty':
      return emptyText(settings.onEmpty, flow.titles)
    default:
      return enumText(key, (settings as Record<string, unknown>)[key])
  }
}

/** What is done where nobody is found. */
function emptyText(value: string | undefined, titles: Record<string, string>): string | undefined {
  return value?.startsWith('user:')
    ? i18next.t('flows.emptyTo', { who: whoText(value, titles[value]) })
    : enumText('onEmpty', value)
}

/** A value that is one of a few words, or yes or no. */
function enumText(key: string, value: unknown): string | undefined {
  if (typeof value === 'boolean') return i18next.t(value ? 'common.yes' : 'common.no')
  if (typeof value !== 'string') return undefined
  return translateIfKnown(`flows.setting.${key}.${value}`)
}

/** A node in words; the places that are none have words of their own. */
function nodeTitle(flow: Flow, name: string): string {
  const place = placesOf(flow).find(({ node }) => node.name === name)
  return place ? titleOf(place.node) : (translateIfKnown(`flows.place.${name}`) ?? name)
}

function rejectText(onReject: string, flow: Flow): string {
  const to = onReject.replace(/^return:/, '')
  return to === onReject
    ? i18next.t('flows.setting.onReject.end')
    : i18next.t('flows.rejectedTo', { node: nodeTitle(flow, to) })
}

function passText({ percent, count }: NonNullable<Node['pass']>): string {
  return percent === undefined
    ? i18next.t('flows.passCount', { count: count ?? 0 })
    : i18next.t('flows.passPercent', { percent })
}

/** The rights of a node on fields, those of one kind together: "可写：工时、备注". */
function fieldsText(fields: NonNullable<Node['fields']>, titles: Record<string, string>): string {
  const t = i18next.t
  return (['w', 'r', '-'] as const)
    .map((right) => ({
      right,
      names: Object.entries(fields)
        .filter(([, of]) => of === right)
        .map(([path]) => titles[`field:${path}`] || path),
    }))
    .filter(({ names }) => names.length > 0)
    .map(({ right, names }) =>
      t(`flows.fieldRight.${right === '-' ? 'hidden' : right}`, {
        names: names.join(t('flows.and')),
      }),
    )
    .join(t('flows.semicolon'))
}
